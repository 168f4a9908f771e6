// The attach socket: frames and their order, input, errors, close codes.

import { expect, test } from "bun:test"
import { CloseCode } from "../../src/wire/attach.ts"
import { eventually } from "../helpers.ts"
import { AttachClient } from "./attach-client.ts"
import { TestServer } from "./server.ts"

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex")
const ALL = new Uint8Array(256).map((_, i) => i)

test("hello is the first frame and gives offsets, size and client", async () => {
  await using server = new TestServer()
  const id = await server.start("printf '\\033]2;vim\\007hello'; read x", { cols: 91, rows: 17 })
  await server.call("wait", { id, until: { match: ["hello"] } })
  await eventually(() => server.sessions.get(id).title === "vim", "the title")
  await using client = AttachClient.to(server, id, { query: "client=ann" })
  await client.printed("hello")
  expect(client.frames[0]).toEqual({
    type: "hello",
    id,
    from: 0,
    base: 0,
    end: 13,
    cols: 91,
    rows: 17,
    mode: "control",
    client: "ann",
    lease: null,
  })
  expect((await client.frame("title")).title).toBe("vim")
  expect(await client.frame("viewers")).toEqual({ type: "viewers", count: 1, answers: true })
  expect(client.socket.protocol).toBe("ptyline.v1")
})

test("all 256 byte values pass unchanged in both directions", async () => {
  await using server = new TestServer()
  const id = await server.start("stty raw -echo; printf ready; head -c 256")
  await using client = AttachClient.to(server, id)
  await client.printed("ready")
  client.send(ALL)
  await client.end()
  expect(hex(client.bytes.subarray(5))).toBe(hex(ALL))
})

test("from: oldest, an offset, the end, the last bytes, past the end", async () => {
  await using server = new TestServer()
  const id = await server.start("printf 0123456789; read x")
  await server.call("wait", { id, until: { match: ["9"] } })
  for (const [query, from, text] of [
    ["snapshot=never", 0, "0123456789"],
    ["from=4", 4, "456789"],
    ["from=10", 10, ""],
    ["from=-1", 10, ""],
    ["from=-3", 7, "789"],
    ["from=99", 10, ""],
  ] as const) {
    await using client = AttachClient.to(server, id, { query })
    expect((await client.frame("hello")).from).toBe(from)
    await client.until(() => client.text.length >= text.length, "the output")
    client.send({ type: "ping", t: 1 })
    await client.frame("pong")
    expect(client.text).toBe(text)
  }
})

test("exit comes after the last byte, then the socket closes as ended", async () => {
  await using server = new TestServer()
  const id = await server.start("read x; printf last; exit 7", { echo: false })
  const client = AttachClient.to(server, id)
  await client.frame("hello")
  client.type("\n")
  expect(await client.end()).toEqual({ code: CloseCode.ended, reason: "the session has ended" })
  expect(client.text).toBe("last")
  expect(client.frames.at(-1)).toEqual({ type: "exit", code: 7, signal: null, end: 4, tail_open: false })
  const late = AttachClient.to(server, id)
  expect((await late.end()).code).toBe(CloseCode.ended)
  expect([late.text, late.all("exit").length]).toEqual(["last", 1])
})

test("bytes that the log dropped are a gap, and output continues after it", async () => {
  await using server = new TestServer()
  const id = await server.start("read x", { backend: "pipe", log_limit: 65536 })
  server.sessions.get(id).sink.output(new Uint8Array(100_000).fill(120), "stdout")
  await using client = AttachClient.to(server, id, { query: "from=5" })
  await client.until(() => client.bytes.length === 65536, "all available output")
  expect((await client.frame("hello")).from).toBe(5)
  expect(client.all("gap")).toEqual([{ type: "gap", from: 5, to: 100_000 - 65536, reason: "trimmed" }])
})

test("a client's resize and signal reach the program and all viewers", async () => {
  await using server = new TestServer()
  const id = await server.start(
    "trap 'stty size' WINCH; trap 'echo usr1' USR1; echo ready; while :; do sleep 0.05; done",
  )
  await using client = AttachClient.to(server, id)
  await using other = AttachClient.to(server, id, { query: "mode=view" })
  await Promise.all([client.printed("ready"), other.printed("ready")])
  client.send({ type: "resize", cols: 77, rows: 11 })
  await other.until(() => other.all("resize").at(-1)?.cols === 77, "the size")
  await other.printed("11 77")
  client.send({ type: "signal", signal: "SIGUSR1" })
  await other.printed("usr1")
  await client.until(() => client.all("viewers").some(({ count }) => count === 2), "the count of viewers")
  expect(other.all("viewers").at(-1)).toMatchObject({ count: 2, answers: false })
})

test("a viewer can neither type, resize nor signal", async () => {
  await using server = new TestServer()
  const id = await server.start("cat")
  await using client = AttachClient.to(server, id, { query: "mode=view" })
  expect((await client.frame("hello")).mode).toBe("view")
  client.type("rm -rf x\n")
  client.send({ type: "resize", cols: 9, rows: 9 })
  client.send({ type: "signal", signal: "KILL" })
  client.send({ type: "ping", t: 5 })
  expect(await client.frame("pong")).toEqual({ type: "pong", t: 5 })
  expect(client.all("error").map(({ code }) => code)).toEqual(["denied", "denied", "denied"])
  const info = await server.call("get", { id })
  expect([info.state, info.size.cols, info.log.end]).toEqual(["running", 120, 0])
})

test("malformed frames get an error, are never typed, and close the socket after too many", async () => {
  await using server = new TestServer()
  const id = await server.start("cat")
  const client = AttachClient.to(server, id)
  await client.frame("hello")
  const malformed = [
    "",
    "{",
    "ls\n",
    "[]",
    "null",
    "5",
    '{"type":"resize"}',
    '{"type":"resize","cols":"80","rows":24}',
    '{"type":"run"}',
    '{"type":{"toString":1}}',
    '{"type":"__proto__"}',
    '{"type":"ack"}',
    '{"type":"signal","signal":9}',
    '{"type":"constructor"}',
  ]
  for (const frame of malformed) client.send(frame)
  await client.until(() => client.all("error").length === malformed.length, "an error for each")
  expect(client.all("error").map(({ code }) => code)).toEqual(Array(malformed.length).fill("invalid_input"))
  expect(client.all("error")[7]!.message).toContain("resize.cols")
  for (let i = 0; i < 5; i++) client.send("{")
  expect((await client.end()).code).toBe(CloseCode.policy)
  expect((await server.call("get", { id })).log.end).toBe(0)
  expect(server.faults).toEqual([])
})

test("frames with invalid values get an error and change nothing", async () => {
  await using server = new TestServer()
  const id = await server.start("cat")
  await using client = AttachClient.to(server, id)
  await client.frame("hello")
  const bad = [
    { type: "resize", cols: 0, rows: 5 },
    { type: "resize", cols: 1001, rows: 5 },
    { type: "resize", cols: 1.5, rows: 5 },
    { type: "signal", signal: "SEGV" },
    { type: "signal", signal: "" },
    { type: "ack", offset: 1 },
    { type: "ack", offset: -1 },
    { type: "ack", offset: 0.5 },
  ]
  for (const frame of bad) client.send(frame)
  client.send('{"type":"resize","cols":1e999,"rows":5}')
  await client.until(() => client.all("error").length === bad.length + 1, "an error for each")
  expect((await server.call("get", { id })).size).toEqual({ cols: 120, rows: 30 })
})

test("a frame over 1 MiB closes the socket with 1009, a frame of 1 MiB does not", async () => {
  await using server = new TestServer()
  const id = await server.start("stty raw -echo; echo ready; cat > /dev/null")
  const client = AttachClient.to(server, id)
  await client.printed("ready")
  client.send(new Uint8Array(1 << 20))
  client.send({ type: "ping", t: 1 })
  await client.frame("pong")
  client.send(new Uint8Array((1 << 20) + 1))
  expect((await client.end()).code).toBe(CloseCode.tooBig)
  const text = AttachClient.to(server, id)
  await text.frame("hello")
  text.send(JSON.stringify({ type: "ping", t: 1, pad: "猫".repeat(400_000) }))
  expect((await text.end()).code).toBe(CloseCode.tooBig)
  const huge = AttachClient.to(server, id)
  await huge.frame("hello")
  huge.send(new Uint8Array(9 << 20))
  expect((await huge.end()).code).toBeOneOf([CloseCode.tooBig, 1006])
  await eventually(() => server.sessions.get(id).viewers.count === 0, "all to be detached")
})

test("the close code tells why a client may not attach", async () => {
  await using server = new TestServer({ limits: { viewers: 1 } })
  const id = await server.start("cat")
  expect((await AttachClient.to(server, id, { token: null }).end()).code).toBe(CloseCode.unauthorized)
  expect((await AttachClient.to(server, id, { token: "wrong" }).end()).code).toBe(CloseCode.unauthorized)
  expect((await AttachClient.to(server, "missing").end()).code).toBe(CloseCode.notFound)
  for (const query of ["mode=root", "from=x", "snapshot=maybe", "foo=1"])
    expect((await AttachClient.to(server, id, { query }).end()).code).toBe(CloseCode.policy)
  await using _first = AttachClient.to(server, id)
  await _first.frame("hello")
  expect((await AttachClient.to(server, id).end()).code).toBe(CloseCode.limit)
})

test("another subprotocol is rejected, none is accepted", async () => {
  await using server = new TestServer()
  const id = await server.start("cat")
  expect((await AttachClient.to(server, id, { protocol: "ptyline.v2" }).end()).code).toBe(1006)
  await using none = AttachClient.to(server, id, { protocol: null })
  await none.frame("hello")
  expect(none.socket.protocol).toBe("")
  const plain = await server.fetch(`/v1/sessions/${id}/attach`)
  expect([plain.status, (await plain.json()).error.code]).toEqual([400, "invalid_input"])
})

test("ending a session sends exit before its sockets close", async () => {
  await using server = new TestServer()
  const id = await server.start("cat")
  const client = AttachClient.to(server, id)
  await client.frame("hello")
  await server.call("end", { id })
  expect((await client.end()).code).toBe(CloseCode.ended)
  expect(client.all("exit")[0]?.signal).toMatch(/^SIG(HUP|TERM)$/)
})
