// `ptyline serve` as a process: its addresses, its flags, and what it rejects.

import { expect, test } from "bun:test"
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { installed, onLinux } from "../helpers.ts"
import { Child, Home, program, Served, SOURCE } from "../program.ts"

const create = async (server: Served, body: unknown) => {
  const answer = await server.fetch("/v1/sessions", { method: "POST", body: JSON.stringify(body) })
  return (await answer.json()) as { id: string; pid: number; argv: string[]; cwd: string; backend: string }
}

test("one line on stdout: a URL with the token, ready to open", async () => {
  using home = new Home()
  await using server = await home.serve()
  expect(server.child.stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{43}\n$/)
  expect((await server.fetch("/v1/server")).status).toBe(200)
  expect((await fetch(`${server.origin}/v1/server`)).status).toBe(401)
  expect(await Bun.file(join(home.state, "token")).text()).toBe(`${server.token}\n`)
  for (const [file, mode] of [
    ["", 0o700],
    ["token", 0o600],
    ["server.json", 0o600],
    ["lock.db", 0o600],
    ["ptyline.sock", 0o600],
  ] as const)
    expect([file, statSync(join(home.state, file)).mode & 0o777]).toEqual([file, mode])
})

test("only this machine can reach it", async () => {
  using home = new Home()
  await using server = await home.serve()
  const table = await Bun.file("/proc/net/tcp").text()
  const port = Number(new URL(server.origin).port).toString(16).toUpperCase().padStart(4, "0")
  expect(table).toContain(`0100007F:${port} 00000000:0000 0A`)
  expect(table).not.toContain(`00000000:${port} 00000000:0000 0A`)
})

test("other addresses need TLS or --insecure, and without a token --insecure", async () => {
  using home = new Home()
  const refused: [string[], string][] = [
    [["--host", "0.0.0.0"], "--tls-cert"],
    [["--host", "::"], "--tls-cert"],
    [["--host", "127.evil.example"], "--tls-cert"],
    [["--host", ""], "--tls-cert"],
    [["--host", "0.0.0.0", "--no-auth"], "--insecure"],
    [["--host", "192.168.0.1", "--no-auth", "--ssl"], "--insecure"],
  ]
  for (const [flags, named] of refused) {
    const { code, stdout, stderr } = await home.run("serve", "--port", "0", ...flags)
    expect([flags, code, stdout]).toEqual([flags, 1, ""])
    expect(stderr).toContain(named)
  }
  for (const flags of [
    ["--host", "0.0.0.0", "--insecure"],
    ["--host", "::1"],
    ["--host", "127.0.0.2"],
    ["--no-auth"],
  ]) {
    await using server = await home.serve(flags)
    expect(server.url.includes("#token=")).toBe(!flags.includes("--no-auth"))
  }
}, 30_000)

test("invalid flags are rejected with their value", async () => {
  using home = new Home()
  const cases: [string[], string][] = [
    [["--port", "70000"], "70000"],
    [["--port", "x"], '"x"'],
    [["--pty", "teletype"], "teletype"],
    [["--log", "xml"], "xml"],
    [["--cmd", "'open"], "quote"],
    [["--cmd", "  "], "--cmd"],
    [["--max-sessions", "0"], "--max-sessions"],
    [["--log-limit", "5"], "--log-limit"],
    [["--retention", "-1"], "--retention"],
    [["--allow-origin", "example.org"], "example.org"],
    [["--tls-cert", "x.pem"], "--tls-key"],
    [["--workers", "0"], "--workers"],
    [["--ui-port", "x"], "--ui-port"],
    [["--tls-cert", "no.pem", "--tls-key", "no.pem"], "no.pem"],
    [["--colour"], "--colour"],
  ]
  for (const [flags, named] of cases) {
    const { code, stderr } = await home.run(
      "serve",
      ...(flags[0] === "--port" ? [] : ["--port", "0"]),
      ...flags,
    )
    expect([flags, code]).toEqual([flags, 2])
    expect(stderr).toContain(named)
  }
}, 30_000)

test("every flag has an environment variable, and the flag takes precedence", async () => {
  using home = new Home()
  mkdirSync(join(home.path, "work"))
  const env = {
    PTYLINE_CMD: `printf '%s|' "a b" c\\ d`,
    PTYLINE_CWD: "work",
    PTYLINE_PTY: "terminal",
    PTYLINE_AUTH: "false",
    PTYLINE_MAX_SESSIONS: "5",
    PTYLINE_MAX_VIEWERS: "6",
    PTYLINE_LOG_LIMIT: "70000",
    PTYLINE_RETENTION: "7",
    PTYLINE_LOG: "json",
    PTYLINE_ALLOW_HOST: "one.example,two.example",
    PTYLINE_ALLOW_ORIGIN: "https://app.example",
    PTYLINE_PORT: "1",
  }
  await using server = await home.serve(["--port", "0", "--max-viewers", "8"], env)
  const facts = await (
    await server.fetch("/v1/server", { headers: { host: "two.example", origin: "https://app.example" } })
  ).json()
  expect(facts).toMatchObject({
    cmd: ["printf", "%s|", "a b", "c d"],
    cwd: join(home.path, "work"),
    limits: { sessions: 5, viewers: 8, log_bytes: 70_000, retention_ms: 7000 },
  })
  expect(await create(server, {})).toMatchObject({
    argv: ["printf", "%s|", "a b", "c d"],
    cwd: join(home.path, "work"),
  })
  await server.child.until(() => server.child.stderr.includes("session started"), "the log")
  for (const line of server.child.stderr.trim().split("\n"))
    expect(JSON.parse(line)).toHaveProperty("message")
  const { code, stderr } = await home.spawn(["serve"], { PTYLINE_AUTH: "maybe" }).result()
  expect([code, stderr.includes("PTYLINE_AUTH")]).toEqual([2, true])
}, 20_000)

test("port and command are used as given; the token stays after a restart", async () => {
  using home = new Home()
  const first = await home.serve(["-c", "cat -v"])
  expect((await create(first, {})).argv).toEqual(["cat", "-v"])
  await first.stop()
  await using second = await home.serve()
  expect(second.token).toBe(first.token)
  expect((await create(second, {})).argv).toEqual(["/bin/sh", "-l"])
})

test("a port in use is an error with the process that occupies it", async () => {
  using home = new Home()
  using other = new Home()
  await using server = await home.serve()
  const { port } = new URL(server.origin)
  const { code, stderr } = await other.run("serve", "--port", port)
  expect(code).toBe(1)
  expect(stderr).toContain(`port ${port} on 127.0.0.1 is taken by ptyline`)
  expect(stderr).toContain(`process ${server.child.pid}`)
})

test("a second server on a state directory names the first; after a kill -9 the directory is free", async () => {
  using home = new Home()
  const first = await home.serve()
  const { code, stderr } = await home.run("serve", "--port", "0")
  expect(code).toBe(1)
  expect(stderr).toContain(`process ${first.child.pid} at ${first.origin}/`)
  await first.stop("SIGKILL")
  await using second = await home.serve()
  expect((await second.fetch("/v1/server")).status).toBe(200)
}, 20_000)

test("a state directory that others can write to is rejected", async () => {
  using home = new Home()
  mkdirSync(home.state)
  chmodSync(home.state, 0o777)
  const { code, stderr } = await home.run("serve", "--port", "0")
  expect([code, stderr.includes(home.state)]).toEqual([1, true])
  const agents = await home.run("mcp")
  expect([agents.code, agents.stderr]).toEqual([1, expect.stringContaining("others may write")])
})

test.skipIf(!installed("openssl"))(
  "TLS with a certificate of one's own",
  async () => {
    using home = new Home()
    const [cert, key] = [join(home.path, "c.pem"), join(home.path, "k.pem")]
    const made = Bun.spawnSync([
      "openssl",
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-days",
      "1",
      "-subj",
      "/CN=localhost",
      "-addext",
      "subjectAltName=IP:127.0.0.1,DNS:localhost",
      "-keyout",
      key,
      "-out",
      cert,
    ])
    expect(made.exitCode).toBe(0)
    await using server = await home.serve(["--tls-cert", cert, "--tls-key", key])
    expect(server.origin).toStartWith("https://")
    const tls = { ca: await Bun.file(cert).text() }
    expect((await server.fetch("/v1/server", { tls })).status).toBe(200)
    const body = JSON.stringify({ token: server.token })
    const login = await fetch(`${server.origin}/v1/login`, {
      method: "POST",
      body,
      tls,
      headers: { "content-type": "application/json", origin: server.origin },
    })
    expect([login.status, login.headers.get("set-cookie")!.endsWith("; Secure")]).toEqual([204, true])
    const foreign = await fetch(`${server.origin}/healthz`, {
      tls,
      headers: { origin: server.origin.replace("https", "http") },
    })
    expect(foreign.status).toBe(403)
    writeFileSync(cert, "no certificate")
    using other = new Home()
    const { code, stderr } = await other.run("serve", "--port", "0", "--tls-cert", cert, "--tls-key", key)
    expect([code, stderr]).toEqual([1, `ptyline serve: ${cert} cannot be read as PEM\n`])
  },
  20_000,
)

test("an internal error ends no session and is logged", async () => {
  using home = new Home()
  const words = ["--preload", join(import.meta.dir, "../fixtures/faults.ts"), SOURCE, "serve"]
  const flags = ["--port", "0", "--log", "json"]
  const child = new Child([process.execPath, ...words, ...flags], home.path, home.env)
  await child.until(() => child.stdout.includes("\n"), "the server's address")
  await using server = new Served(child)
  const { id } = await create(server, { argv: ["cat"] })
  const text = async () => (await server.fetch(`/v1/sessions/${id}/output?encoding=utf8`)).text()
  const type = (line: string) =>
    server.fetch(`/v1/sessions/${id}/input`, { method: "POST", body: JSON.stringify({ text: `${line}\n` }) })
  await type("before")
  process.kill(child.pid, "SIGUSR2")
  for (const fault of ["a rejection without a handler", "an exception without a handler"])
    await child.until(() => child.stderr.includes(fault), fault)
  await type("after")
  while (!(await text()).includes("after\\r\\nafter")) await Bun.sleep(10)
  const { code, stderr } = await server.stop()
  expect(code).toBe(0)
  const levels = stderr
    .trimEnd()
    .split("\n")
    .map(line => JSON.parse(line).level)
  expect(levels.filter(level => level === "ERROR")).toHaveLength(2)
})

test.skipIf(!onLinux("a file that is always full"))(
  "a log that cannot be written costs nothing",
  async () => {
    using home = new Home()
    const words = ["sh", "-c", 'exec "$@" 2>/dev/full', "sh", ...program(), "serve", "--port", "0"]
    const child = new Child(words, home.path, home.env)
    await child.until(() => child.stdout.includes("\n"), "the server's address")
    await using server = new Served(child)
    expect(await create(server, { argv: ["true"] })).toMatchObject({ argv: ["true"] })
    const writes = () => Number(/^syscw: (\d+)$/m.exec(readFileSync(`/proc/${child.pid}/io`, "utf8"))![1])
    await Bun.sleep(200)
    const before = writes()
    await Bun.sleep(300)
    expect(writes() - before).toBeLessThan(100)
    expect((await server.stop()).code).toBe(0)
  },
)
