// Contract pty-mcp: the agent's connection, its sessions on other surfaces, and the end of both.

import { afterAll, expect, test } from "bun:test"
import { readdirSync, readFileSync } from "node:fs"
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client"
import { eventually } from "../helpers.ts"
import { Home, program } from "../program.ts"
import { Agent } from "./agent.ts"

const home = new Home({}, true)
const server = await home.serve()
const agent = await Agent.start({}, home)
afterAll(async () => {
  await agent[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
  home[Symbol.dispose]()
})

type Native = {
  id: string
  name: string | null
  owner: string | null
  tags: string[]
  state: string
  lease: unknown
}
const native = async (path: string, body?: object) => {
  const init = body ? { method: "POST", body: JSON.stringify(body) } : {}
  return (await server.fetch(`/v1/sessions${path}`, init)).json() as Promise<never>
}

/** Returns the running processes whose command line contains these words. */
const running = (words: string) =>
  readdirSync("/proc").filter(pid => {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim()
      return ` ${line} `.includes(` ${words} `)
    } catch {
      return false
    }
  })

test("41: other surfaces see the agent's session, and the agent reads what they type", async () => {
  const session_id = await agent.spawn("cat", { name: "shared", tag: "build" })
  const { sessions } = (await native("")) as { sessions: Native[] }
  const mine = sessions.find(session => session.id === session_id)
  expect(mine).toMatchObject({ name: "shared", owner: "o", tags: ["build", "mcp"], state: "running" })
  await native(`/${session_id}/input`, { text: "typed elsewhere\n" })
  const found = await agent.json("pty_read_until", { session_id, pattern: "elsewhere\n" })
  expect(found.text).toBe("typed elsewhere\n")
})

test("a person who takes control stops the agent's calls until they release it", async () => {
  const session_id = await agent.spawn("cat")
  const lease = (action: string) => native(`/${session_id}/lease`, { action, client: "Ann" })
  await agent.json("pty_attach", { session_id, client_id: "c1" })
  await lease("take")
  const rejected = await agent.failure("pty_write", { session_id, client_id: "c1", data: "x" })
  expect(rejected).toStartWith("session is held by Ann")
  expect(await agent.failure("pty_attach", { session_id, client_id: "c1" })).toStartWith(
    "session is held by Ann",
  )
  const steal = { session_id, client_id: "c1", from_client_id: "Ann" }
  expect(await agent.failure("pty_takeover", steal)).toStartWith("session is held by Ann")
  expect(await agent.json("pty_status", { session_id })).toMatchObject({ attached_client_id: "Ann" })
  await lease("release")
  expect(await agent.text("pty_write", { session_id, data: "x" })).toBe("ok")
})

test("a session from another surface is found by its owner and read from the oldest retained byte", async () => {
  const created = { argv: ["/bin/sh", "-c", "echo first; cat"], owner: "o", name: "by hand", durable: false }
  const { id } = (await native("", created)) as Native
  expect(await agent.json("pty_resume", { name: "by hand" })).toMatchObject({
    session_id: id,
    tty_mode: "cooked",
  })
  const found = await agent.json("pty_read_until", { session_id: id, pattern: "first" })
  expect(found.matched).toBe(true)
})

test("39: the end of stdin ends the agent's sessions on the server, except durable ones", async () => {
  const disconnecting = await Agent.start({}, home)
  const endedId = await disconnecting.spawn("exec sleep 31337")
  const durableId = await disconnecting.spawn("exec sleep 31338", { durable: true })
  expect(await disconnecting.json("pty_status", { session_id: durableId })).toMatchObject({ running: true })
  await disconnecting.client.close()
  await eventually(() => running("sleep 31337").length === 0, "the session's end")
  expect(await agent.failure("pty_status", { session_id: endedId })).toStartWith("unknown session_id")
  expect((await agent.json("pty_status", { session_id: durableId })).running).toBe(true)
  await agent.text("pty_close", { session_id: durableId })
  expect(running("sleep 31338")).toEqual([])
})

test("39: without a server, the end of stdin ends the program with code 0 and leaves no process", async () => {
  using alone = new Home()
  const child = alone.spawn(["mcp"])
  await spawnBy(child.process.stdin, "exec sleep 31339")
  await eventually(() => running("sleep 31339").length > 0, "the session")
  const start = performance.now()
  const { code, stderr } = await child.result()
  expect(code).toBe(0)
  // the contract says 3 s on an idle machine
  expect(performance.now() - start).toBeLessThan(10_000)
  expect(stderr).toBe("")
  expect(running("sleep 31339")).toEqual([])
})

test("39: killing the host ends its sessions, without a server and on one", async () => {
  using alone = new Home()
  for (const [where, seconds] of [
    [alone, 31340],
    [home, 31341],
  ] as const) {
    const words = `sleep ${seconds}`
    const start = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}\n{"jsonrpc":"2.0","method":"notifications/initialized"}\n{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"pty_spawn","arguments":{"owner":"o","command":"exec ${words}"}}}`
    const host = Bun.spawn(
      ["sh", "-c", `{ echo '${start}'; exec sleep 100; } | ${program().join(" ")} mcp`],
      {
        cwd: where.path,
        env: where.env,
        stdio: ["ignore", "ignore", "ignore"],
      },
    )
    await eventually(() => running(words).length > 0, "the session")
    // the processes that keep the program's stdin open: the host and its children
    const writers = running("sleep 100").filter(pid => isBelow(pid, where.path))
    for (const pid of new Set([...writers, String(host.pid)])) process.kill(Number(pid), "SIGKILL")
    await eventually(() => running(words).length === 0, "the session's end")
  }
})

test("SIGTERM ends the program and its sessions", async () => {
  using alone = new Home()
  const child = alone.spawn(["mcp"])
  await spawnBy(child.process.stdin, "exec sleep 31342")
  await eventually(() => running("sleep 31342").length > 0, "the session")
  child.process.kill("SIGTERM")
  expect((await child.result()).code).toBe(0)
  expect(running("sleep 31342")).toEqual([])
})

test("many large results at once pass the bridge intact", async () => {
  const session_id = await agent.spawn("head -c 700000 /dev/urandom | base64 -w 0", {
    max_output_bytes: 2_000_000,
  })
  await agent.json("pty_wait", { session_id, timeout_ms: 30_000 })
  const read = () => agent.json("pty_read_at", { session_id, max_chars: 1 << 20 })
  const answers = await Promise.all(Array.from({ length: 12 }, read))
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
  expect(answers[0].text).toHaveLength(933_336)
})

test("two agents that start at once share one core, which the CLI can reach and which ends with the last agent", async () => {
  using alone = new Home()
  const [a, b] = await Promise.all([Agent.start({}, alone), Agent.start({}, alone)])
  const theirs = await a.spawn("printf hello; cat", { name: "theirs" })
  const session_id = await b.spawn("cat", { name: "ours" })
  expect((await b.json("pty_read_until", { session_id: theirs, pattern: "hello" })).matched).toBe(true)
  expect((await alone.run("ls")).stdout).toContain("ours")
  const core = String(a.corePid)
  await a.client.close()
  await eventually(() => running("__mcp-core").includes(core), "the core to be there")
  await b.text("pty_write", { session_id, data: "still here\n" })
  expect((await b.json("pty_read_until", { session_id, pattern: "here" })).matched).toBe(true)
  expect(await b.failure("pty_status", { session_id: theirs })).toStartWith("unknown session_id")
  await b.client.close()
  await eventually(() => !running("__mcp-core").includes(core), "the core's end")
})

test("--url works with a remote server's token and fails with a wrong one", async () => {
  using elsewhere = new Home()
  const remote = await Agent.start({ PTYLINE_TOKEN: server.token }, elsewhere, ["--url", server.origin])
  const session_id = await remote.spawn("pwd")
  await remote.json("pty_wait", { session_id })
  expect(await agent.text("pty_read", { session_id })).toBe(
    `${process.platform === "darwin" ? "/private" : ""}${home.path}\n`,
  )
  await remote.client.close()
  const rejected = await elsewhere.spawn(["mcp", "--url", server.origin], { PTYLINE_TOKEN: "wrong" }).result()
  expect(rejected.code).not.toBe(0)
  expect(rejected.stderr).toContain("token")
  expect(rejected.stdout).toBe("")
})

test("a token on the command line, where other users can read it, is rejected", async () => {
  for (const words of [
    ["--url", server.url],
    ["--url", server.origin, "--token", server.token],
  ]) {
    const { code, stderr } = await home.run("mcp", ...words)
    expect(code).toBe(2)
    expect(stderr).not.toContain(server.token)
  }
})

for (const [revision, mode] of [
  ["2025-11-25", "legacy"],
  ["2026-07-28", "auto"],
] as const)
  test(`the tools over HTTP, revision ${revision}, with a token`, async () => {
    const url = new URL("/mcp", server.origin)
    const headers = { authorization: `Bearer ${server.token}` }
    const client = new Client({ name: "a test", version: "1" }, { versionNegotiation: { mode } })
    await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }))
    expect(client.getNegotiatedProtocolVersion()).toBe(revision)
    expect((await client.listTools()).tools).toHaveLength(22)
    const call = async (name: string, args: object) => {
      const answer = await client.callTool({ name, arguments: { owner: "o", ...args } })
      return (answer.content as { text: string }[])[0]!.text
    }
    const session_id = await call("pty_spawn", { command: "cat" })
    const found = call("pty_read_until", { session_id, pattern: "over" })
    await call("pty_write", { session_id, data: "over HTTP\n" })
    expect(JSON.parse(await found)).toMatchObject({ matched: true, text: "over HTTP\n" })
    expect(await agent.json("pty_status", { session_id })).toMatchObject({ running: true })
    await call("pty_close", { session_id })
    await client.close()
  })

test("HTTP calls are rejected without a token, from a foreign origin and with a foreign host", async () => {
  const ask = (headers: Record<string, string>) =>
    fetch(`${server.origin}/mcp`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        ...headers,
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" }),
    })
  const authorization = `Bearer ${server.token}`
  expect((await ask({})).status).toBe(401)
  expect((await ask({ authorization, origin: "https://evil.example" })).status).toBe(403)
  expect((await ask({ authorization, host: "evil.example" })).status).toBe(421)
  expect((await ask({ authorization })).status).toBe(200)
})

test("a waiting caller that asked for progress gets notifications", async () => {
  const session_id = await agent.spawn("sleep 30")
  const reports: number[] = []
  const enough = new AbortController()
  const onprogress = ({ progress }: { progress: number }) => {
    reports.push(progress)
    if (reports.length === 2) enough.abort()
  }
  const args = { owner: "o", session_id, pattern: "never", timeout_ms: 50_000 }
  await agent.client
    .callTool({ name: "pty_read_until", arguments: args }, { onprogress, signal: enough.signal })
    .catch(() => {})
  expect(reports).toHaveLength(2)
  expect(reports[1]).toBeGreaterThan(reports[0]!)
})

/** Starts a session by writing the protocol's messages. */
async function spawnBy(stdin: { write(text: string): unknown }, command: string): Promise<void> {
  const clientInfo = { name: "x", version: "1" }
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo }
  const spawn = { name: "pty_spawn", arguments: { owner: "o", command } }
  for (const message of [
    { id: 1, method: "initialize", params },
    { method: "notifications/initialized" },
    { id: 2, method: "tools/call", params: spawn },
  ])
    await stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`)
}

function isBelow(pid: string, directory: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").includes(`HOME=${directory}\0`)
  } catch {
    return false
  }
}
