// The life of a MOP session: init, end, signals, restarts and crashes of the server (contract mop, 5: 1 to
// 4, 15 to 17).

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test"
import { existsSync } from "node:fs"
import { Client, type MopServer, mopServer, untilTrue } from "./client.ts"

setDefaultTimeout(60_000)

let server: MopServer
beforeAll(async () => {
  server = await mopServer()
})
afterAll(() => server[Symbol.asyncDispose]())

/** Returns the pid of the session's shell. */
async function pidOf(client: Client): Promise<number> {
  await client.write("echo pid=$$.")
  return Number(/pid=(\d+)\./.exec(await client.until(/pid=\d+\./))![1])
}
const lives = (pid: number) => existsSync(`/proc/${pid}`)

test("1: without a session, process is 428 with the command", async () => {
  await using fresh = await mopServer()
  const { status, body } = await fresh.process()
  expect(status).toBe(428)
  expect(body).toEqual({
    status: "No process is running.",
    command: ["bash", "--norc", "--noprofile"],
    server_id: expect.stringMatching(/^[0-9a-f]{32}$/),
    uptime: expect.stringMatching(/^\d+$/),
    version: "1.1.1",
    code: 0,
  })
})

test("2: init starts a private session and the public one", async () => {
  await using fresh = await mopServer()
  const { status, body, ms } = await fresh.post("/mop/init", {})
  expect([status, body.status, body.code]).toEqual([200, "Session started", 0])
  expect(ms).toBeLessThan(5_000) // 1 s on an idle machine
  expect(body.key).toMatch(/^[0-9a-f]{128}$/)
  expect(body.public_key).toMatch(/^[0-9a-f]{128}$/)
  const { status: now, body: process } = await fresh.process()
  expect([now, process.sessions, process.pub_key, process.pending_writes]).toEqual([
    200,
    2,
    body.public_key,
    0,
  ])
})

test("3: a graceful restart keeps only the public key", async () => {
  await using fresh = await mopServer()
  const client = await fresh.start()
  const pid = await pidOf(client)
  const before = (await fresh.process()).body.server_id
  await fresh.restart()
  expect(lives(pid)).toBe(false)
  expect((await client.ping()).status).toBe(404)
  const again = await fresh.start()
  expect(again.publicKey).toBe(client.publicKey)
  expect((await fresh.process()).body.server_id).not.toBe(before)
})

test("after kill -9 of the server, keys still open their sessions, with waivers, tags and output", async () => {
  await using fresh = await mopServer()
  const client = await fresh.start()
  await client.write("X=42; echo before")
  await client.until(/before\r\n/)
  await client.post("/mop/cosmetics/set_tags", { tags: ["a", { b: 1 }] })
  await client.post("/mop/waiver", { waivers: { STREAM_STDIN: true } })
  const shared = new Client(fresh, client.publicKey)
  const printed = await shared.until(/[$#] $/)
  await fresh.restart("SIGKILL")
  expect((await client.ping()).status).toBe(200)
  await client.write("echo after $X", true)
  expect(await client.until(/after 42/)).toMatch(/before\r\n[\s\S]*after 42\r\n/)
  expect((await client.post("/mop/cosmetics/get_tags")).body.tags).toEqual(["a", { b: 1 }])
  expect((await fresh.process()).body.sessions).toBe(2)
  expect(await shared.text()).toBe(printed)
  expect((await client.post("/mop/end")).body.status).toBe("Session ended")
  expect((await fresh.process()).status).toBe(428)
})

test("after kill -9 pipes still keep their streams apart, and a session that ended meanwhile has its exit marker", async () => {
  await using fresh = await mopServer(["--no-auth", "--no-pub-process", "-c", "sh"])
  const pipes = await fresh.start({ use_pipe: true }, null)
  await pipes.write("echo out; echo err >&2")
  await pipes.until("out\n")
  const late = await fresh.start()
  await late.write("echo last words; (sleep 0.2; kill -9 $$) & exec sleep 1000")
  await late.until("last words\r\n")
  await fresh.restart("SIGKILL")
  await pipes.write("echo more")
  await pipes.until("more\n")
  const { body } = await pipes.read()
  expect([body.stdout.join(""), body.stderr.join("")]).toEqual(["out\nmore\n", "err\n"])
  await late.ended()
  const first = await late.read()
  expect(first.status).toBe(200)
  expect(first.body.stdout.join("")).toMatch(/last words\r\n[\s\S]*\[PROCESS EXITED with code -9\]$/)
  expect((await late.read()).status).toBe(500)
})

test("4: an invalid body is 422, another content type 415, and nothing is started", async () => {
  const count = async () => (await server.process()).body.sessions ?? 0
  const before = await count()
  const init = (body: string | undefined, type?: string) =>
    server.request("/mop/init", { method: "POST", headers: type ? { "content-type": type } : {}, body })
  for (const answer of [
    await init(undefined),
    await init("", "application/json"),
    await init("[]", "application/json"),
    await init('{"echo":"maybe"}', "application/json; charset=utf-8"),
    await init("{", "application/json"),
  ]) {
    expect([answer.status, answer.body.detail[0].loc[0]]).toEqual([422, "body"])
    expect(answer.body.detail[0]).toMatchObject({ type: expect.any(String), msg: expect.any(String) })
  }
  const { status, body } = await init('{"echo":true}', "text/plain")
  expect([status, body]).toEqual([415, { status: "Content-Type must be application/json", code: 1 }])
  expect(await count()).toBe(before)
})

test("15: end is quick, leaves no process and revokes the key", async () => {
  const client = await server.start()
  const pid = await pidOf(client)
  const ended = await client.post("/mop/end")
  expect([ended.status, ended.body]).toEqual([200, { status: "Session ended", code: 0 }])
  expect(ended.ms).toBeLessThan(6_000) // 2 s on an idle machine
  expect(lives(pid)).toBe(false)
  const [ping, again] = [await client.ping(), await client.post("/mop/end")]
  expect([ping.status, ping.body]).toEqual([404, { status: "Session not found", code: 1 }])
  expect([again.status, again.body]).toEqual([404, { status: "Invalid key", code: 1 }])
  expect(Math.max(ping.ms, again.ms)).toBeLessThan(2_000)
})

test("15: a process that ignores HUP and TERM is killed", async () => {
  await using stubborn = await mopServer([
    "--no-auth",
    "-c",
    `sh -c 'trap "" HUP TERM INT; echo ready; while :; do sleep 0.1; done'`,
  ])
  const client = await stubborn.start({}, /ready/)
  const ended = await client.post("/mop/end")
  expect(ended.body).toEqual({ status: "Session ended", code: 0 })
  expect(ended.ms).toBeLessThan(10_000)
})

test("16: the public session ends with the last private one, but not while a stream is open", async () => {
  await using fresh = await mopServer()
  const client = await fresh.start()
  const publicPid = await pidOf(new Client(fresh, client.publicKey))
  const socket = await client.socket("Public")
  await client.post("/mop/end")
  const whileFollowed = await fresh.process()
  expect([whileFollowed.status, whileFollowed.body.sessions]).toEqual([200, 1])
  expect(lives(publicPid)).toBe(true)
  socket.close()
  await untilTrue(
    async () => (await fresh.process()).status === 428,
    () => "the public session to end",
  )
  await untilTrue(
    async () => !lives(publicPid),
    () => "the public process to end",
  )
  const next = await fresh.start()
  expect((await fresh.post("/mop/read", { key: next.publicKey })).body.stdout.join("")).not.toContain("pid=")
  await next.post("/mop/end")
  expect((await fresh.process()).status).toBe(428)
})

test("17: a signal ends the session, unless keep is true", async () => {
  await using cat = await mopServer(["--no-auth", "-c", "cat"])
  for (const signal of ["INTERRUPT", "terminate", "Kill"]) {
    const client = await cat.start({}, null)
    const sent = await client.post("/mop/signal", { signal })
    expect([sent.status, sent.body]).toEqual([200, { status: "Signal sent", code: 0 }])
    expect((await client.ping()).status).toBe(404)
    expect((await client.read()).status).toBe(404)
  }
  const client = await server.start()
  // it prints once it has the terminal: an earlier Ctrl-C would go to the shell
  await client.write("sh -c 'echo go; exec sleep 100'")
  await client.until(/go\r\n/)
  expect((await client.post("/mop/signal", { signal: "INTERRUPT", keep: true })).status).toBe(200)
  expect((await client.ping()).status).toBe(200)
  await client.until(/go\r\n[\s\S]*[$#] $/)
  // an interrupted shell drops a partly read line
  const stillHere = async () => {
    await client.write("echo still here")
    return (await client.text()).includes("still here\r\n")
  }
  await untilTrue(stillHere, () => "the shell to continue")
  const wrong = await client.post("/mop/signal", { signal: "FOO" })
  expect([wrong.status, wrong.body]).toEqual([
    422,
    expect.objectContaining({
      status: "Invalid signal",
      code: 1,
      detail: [expect.objectContaining({ type: "literal_error" })],
    }),
  ])
  await client.write("exit")
  await client.ended()
  const late = await client.post("/mop/signal", { signal: "KILL" })
  expect([late.status, late.body]).toEqual([500, { status: "Failed to send signal", code: 1 }])
})
