// Ports and directories of `ptyline serve`: --force-port, --ui-port, containers, the data directory.

import { expect, test } from "bun:test"
import { chmodSync, existsSync, mkdirSync, readFileSync, readlinkSync } from "node:fs"
import { join } from "node:path"
import { type Child, Home } from "../program.ts"

/** Starts a program that listens on a free port; without `obeys` it ignores TERM. */
async function squatter(home: Home, obeys: boolean): Promise<{ port: string; process: Bun.Subprocess }> {
  const ignore = obeys ? "" : "process.on('SIGTERM', () => {});"
  const script = `${ignore} const s = require('node:net').createServer().listen(0, '127.0.0.1', () => console.log(s.address().port))`
  const process = Bun.spawn([globalThis.process.execPath, "-e", script], { cwd: home.path, stdout: "pipe" })
  const { value } = await process.stdout.getReader().read()
  return { port: new TextDecoder().decode(value).trim(), process }
}

test.each([true, false])("--force-port ends the process on the port (obeys TERM: %p)", async obeys => {
  using home = new Home()
  const { port, process } = await squatter(home, obeys)
  await using server = await home.serve([`--port=${port}`, "--force-port"])
  expect(new URL(server.origin).port).toBe(port)
  await process.exited
  expect(process.signalCode).toBe(obeys ? "SIGTERM" : "SIGKILL")
  expect(server.child.stderr).toContain(`(process ${process.pid})`)
})

test("30: a busy port without --force-port exits with 1 and names the process, which keeps running", async () => {
  using home = new Home()
  const { port, process } = await squatter(home, true)
  const { code, stdout, stderr } = await home.run("serve", "--port", port)
  expect([code, stdout]).toEqual([1, ""])
  expect(stderr).toContain(`(process ${process.pid})`)
  await new Promise<void>((resolve, reject) => {
    void Bun.connect({
      hostname: "127.0.0.1",
      port: Number(port),
      socket: {
        open: socket => {
          socket.end()
          resolve()
        },
        data: () => {},
        connectError: (_, error) => reject(error),
      },
    })
  })
  process.kill()
})

test("--force-port does not touch the same port on another address", async () => {
  using home = new Home()
  using second = new Home()
  const held = await squatter(home, true)
  await using server = await second.serve([`--port=${held.port}`, "--host", "127.0.0.2", "--force-port"])
  expect((await server.fetch("/v1/server")).status).toBe(200)
  expect(held.process.exitCode).toBeNull()
  held.process.kill()
})

test("30: --cwd that is not a directory exits with 1", async () => {
  using home = new Home()
  const { code, stderr } = await home.run("serve", "--port", "0", "--cwd", "/no/such")
  expect([code, stderr]).toEqual([1, "ptyline serve: --cwd is not a directory: /no/such\n"])
})

const listening = (child: Child): string[] => {
  const inodes = new Set(
    [...new Bun.Glob("*").scanSync({ cwd: `/proc/${child.pid}/fd`, onlyFiles: false })].flatMap(fd =>
      linkOf(child, fd),
    ),
  )
  const lines = ["tcp", "tcp6"].flatMap(table => readFileSync(`/proc/net/${table}`, "utf8").split("\n"))
  const fields = lines.map(line => line.trim().split(/\s+/))
  return fields
    .filter(field => field[3] === "0A" && inodes.has(`socket:[${field[9]}]`))
    .map(field => field[1]!)
}

function linkOf(child: Child, fd: string): string[] {
  try {
    return [readlinkSync(`/proc/${child.pid}/fd/${fd}`)]
  } catch {
    return []
  }
}

test("40: a container listens on every address, other servers on loopback; other addresses need TLS", async () => {
  using home = new Home()
  const inside = await home.serve(["--no-auth"], { AM_I_IN_A_DOCKER_CONTAINER: "true" })
  expect(listening(inside.child).every(address => address.startsWith("00000000:"))).toBe(true)
  expect((await fetch(`${inside.origin}/healthz`)).status).toBe(200)
  await inside.stop()
  const told = await home.serve(["--host", "127.0.0.1"], { AM_I_IN_A_DOCKER_CONTAINER: "true" })
  expect(listening(told.child).every(address => address.startsWith("0100007F:"))).toBe(true)
  await told.stop()
  await using outside = await home.serve()
  expect(listening(outside.child)).toHaveLength(1)
  expect(listening(outside.child)[0]).toStartWith("0100007F:")
  using other = new Home()
  const { code, stderr } = await other.run("serve", "--port", "0", "--host", "0.0.0.0")
  expect([code, stderr.trimEnd().split("\n").length]).toEqual([1, 1])
})

test("--ui-port serves the same content; if it is busy, a warning is logged", async () => {
  using home = new Home()
  const held = await squatter(home, true)
  await using server = await home.serve(["--ui-port", held.port])
  expect(server.child.stderr).toContain("UI port")
  expect((await server.fetch("/v1/server")).status).toBe(200)
  held.process.kill()
  await held.process.exited
  using other = new Home()
  await using second = await other.serve(["--ui-port", held.port])
  const headers = { authorization: `Bearer ${second.token}` }
  expect((await fetch(`http://127.0.0.1:${held.port}/v1/server`, { headers })).status).toBe(200)
  expect((await fetch(`http://127.0.0.1:${held.port}/`)).url).toEndWith(`:${held.port}/`) // without MOP it has no other pages
})

test("ptyline mop needs a command, needs no token on loopback, and serves pages on a second port", async () => {
  using home = new Home()
  const missing = await home.run("mop", "--port", "0")
  expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining("-c")])
  const { port, process: held } = await squatter(home, true)
  held.kill()
  await held.exited
  const child = home.spawn(["mop", "--port", "0", "--ui-port", port, "--legacy", "-c", "cat"])
  await child.until(() => child.stdout.includes("\n"), "its address")
  expect(child.stdout).not.toContain("token")
  const facts = await (await fetch(`${child.stdout.trim()}v1/server`)).json()
  expect(facts).toMatchObject({ cmd: ["cat"] })
  for (const accept of ["text/html", "application/json"]) {
    const pages = await fetch(`http://127.0.0.1:${port}/`, { headers: { accept } })
    expect([pages.status, new URL(pages.url).pathname]).toEqual([200, "/ui/"])
    expect(pages.headers.get("content-type")).toContain("text/html")
  }
  expect(child.stderr).toContain("--legacy has no effect")
  child.process.kill("SIGTERM")
  expect((await child.result()).code).toBe(0)
})

/** Reports whether a server started in `home` makes its certificate in `directory`, its data directory. */
async function certificateIn(home: Home, directory: string, args: string[], env = {}): Promise<boolean> {
  const child = home.spawn([...args, "--port", "0", "--ssl", "-c", "cat"], env)
  await child.until(() => child.stdout.includes("\n"), "its address")
  child.process.kill("SIGTERM")
  await child.result()
  return existsSync(join(directory, "certs/cert.pem"))
}

test("the data directory: the one given, ./moppy for the preset if it is safe, else the state directory", async () => {
  using home = new Home()
  const moppy = join(home.path, "moppy")
  mkdirSync(moppy, { mode: 0o755 })
  expect(await certificateIn(home, moppy, ["serve"])).toBe(false)
  expect(await certificateIn(home, moppy, ["mop", "--ui-port", "0"])).toBe(true)
  expect(await certificateIn(home, join(home.path, "a"), ["serve", "--moppy", "a"])).toBe(true)
  expect(await certificateIn(home, join(home.path, "b"), ["serve"], { MOPPY_PATH: "b" })).toBe(true)
  using hostile = new Home()
  const open = join(hostile.path, "moppy")
  mkdirSync(open)
  chmodSync(open, 0o777)
  expect(await certificateIn(hostile, open, ["mop", "--ui-port", "0"])).toBe(false)
  const { code, stderr } = await hostile.run("serve", "--port", "0", "--moppy", "moppy")
  expect([code, stderr]).toEqual([1, expect.stringContaining("others may write")])
}, 30_000)
