// Back-pressure: the memory used for a client that does not read, or reads and does not acknowledge.

import { expect, test } from "bun:test"
import { WINDOW_WITH_ACKS } from "../../src/wire/attach.ts"
import { collectGarbage, eventually } from "../helpers.ts"
import { AttachClient } from "./attach-client.ts"
import { TestServer } from "./server.ts"
import { Stalled } from "./stalled.ts"

/** Starts a session with `size` bytes of output, which differ by place. */
async function full(server: TestServer, size: number, limit = 32 << 20): Promise<string> {
  const id = await server.start("read x", { backend: "pipe", log_limit: limit })
  const { sink } = server.sessions.get(id)
  for (let at = 0; at < size; at += 65536) sink.output(block(at), "stdout")
  return id
}

const block = (at: number) => new Uint8Array(new Uint32Array(16384).map((_, i) => at + i * 4).buffer)

test("at most 512 KiB are sent ahead of acknowledgements, and acknowledgements bring the rest", async () => {
  await using server = new TestServer()
  const id = await full(server, 0)
  await using client = AttachClient.to(server, id)
  await client.frame("hello")
  client.send({ type: "ack", offset: 0 })
  client.send({ type: "ping", t: 1 })
  await client.frame("pong")
  const { sink } = server.sessions.get(id)
  const size = 4 << 20
  for (let at = 0; at < size; at += 65536) sink.output(block(at), "stdout")
  for (let acked = 0; acked < size; acked = client.bytes.length) {
    await client.until(() => client.bytes.length >= Math.min(size, acked + WINDOW_WITH_ACKS), "a full window")
    client.send({ type: "ping", t: acked })
    await client.until(
      () => client.all("pong").at(-1)!.t === acked,
      "the pong, after all that was sent before it",
    )
    expect(client.bytes.length - acked).toBeLessThanOrEqual(WINDOW_WITH_ACKS)
    client.send({ type: "ack", offset: client.bytes.length })
  }
  expect(new Uint32Array(client.bytes.buffer).every((value, i) => value === i * 4)).toBe(true)
}, 20_000)

test("a client that stalls uses little memory, and gets a gap when it reads again", async () => {
  await using server = new TestServer()
  const id = await full(server, 0, 2 << 20)
  const { sink, log } = server.sessions.get(id)
  const stalled = Array.from({ length: 10 }, () =>
    Stalled.attach(server.port, `/v1/sessions/${id}/attach?snapshot=never`, server.token),
  )
  for (const client of stalled) await client.stallAfter('"viewers"')
  collectGarbage()
  const before = process.memoryUsage().rss
  for (let at = 0; at < 100 << 20; at += 65536) {
    sink.output(block(at), "stdout")
    if (at % (4 << 20) === 0) await server.call("get", { id })
  }
  collectGarbage()
  expect(process.memoryUsage().rss - before).toBeLessThan(40 << 20)
  expect(log.end).toBe(100 << 20)
  stalled[0]!.socket.resume()
  await stalled[0]!.stallAfter('"reason":"slow_viewer"')
  for (const client of stalled) client[Symbol.dispose]()
  await eventually(() => server.sessions.get(id).viewers.count === 0, "all to be gone")
}, 20_000)

test("a client that sends without reading is closed before it fills the memory", async () => {
  await using server = new TestServer()
  const id = await full(server, 0)
  using client = Stalled.attach(server.port, `/v1/sessions/${id}/attach?snapshot=never`, server.token)
  await client.stallAfter('"viewers"')
  const before = process.memoryUsage().rss
  const malformed = Buffer.from(JSON.stringify({ type: "ping", t: 1 }))
  const many = 1_000_000
  for (let i = 0; i < many && server.sessions.get(id).viewers.count > 0; i++) {
    client.frame(1, malformed)
    if (i % 5000 === 0) await server.call("get", { id })
  }
  await eventually(() => server.sessions.get(id).viewers.count === 0, "the server to cut it off")
  expect(process.memoryUsage().rss - before).toBeLessThan(96 << 20)
  expect((await server.call("get", { id })).state).toBe("running")
}, 30_000)

test("fragmented frames work, and invalid frames close the socket", async () => {
  await using server = new TestServer()
  const id = await server.start("stty raw -echo; printf ready; cat", { echo: false })
  await server.call("wait", { id, until: { match: ["ready"] } })
  using whole = Stalled.attach(server.port, `/v1/sessions/${id}/attach?snapshot=never`, server.token)
  await whole.stallAfter("ready")
  whole.socket.resume()
  whole.frame(2, Buffer.from("frag"), false)
  whole.frame(0, Buffer.from("ments"))
  await whole.stallAfter("fragments")
  for (const opcode of [3, 11]) {
    using broken = Stalled.attach(server.port, `/v1/sessions/${id}/attach?snapshot=never`, server.token)
    await broken.stallAfter("ready")
    broken.socket.resume()
    broken.frame(opcode, Buffer.from("x"))
    await eventually(() => broken.socket.destroyed || broken.socket.readableEnded, "the server to close")
  }
  expect((await server.call("get", { id })).state).toBe("running")
})

test("a slow viewer does not slow the others", async () => {
  await using server = new TestServer()
  const id = await full(server, 0)
  using slow = Stalled.attach(server.port, `/v1/sessions/${id}/attach?snapshot=never`, server.token)
  await slow.stallAfter('"viewers"')
  await using client = AttachClient.to(server, id)
  await client.frame("hello")
  const { sink } = server.sessions.get(id)
  const size = 8 << 20
  for (let at = 0; at < size; at += 65536) sink.output(block(at), "stdout")
  await client.until(() => client.bytes.length === size, "all of it")
  expect(client.all("gap")).toEqual([])
})
