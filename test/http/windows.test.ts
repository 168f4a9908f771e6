// How much the server lets wait for a client that does not read, and for one that reads and does not parse.

import { expect, test } from "bun:test"
import { WINDOW_WITH_ACKS } from "../../src/wire/attach.ts"
import { eventually } from "../helpers.ts"
import { AttachClient } from "./line.ts"
import { TestServer } from "./server.ts"
import { Stalled } from "./stalled.ts"

/** A session that holds `size` bytes of output, all different in their place. */
async function full(server: TestServer, size: number, limit = 32 << 20): Promise<string> {
  const id = await server.start("read x", { backend: "pipe", log_limit: limit })
  const { sink } = server.sessions.get(id)
  for (let at = 0; at < size; at += 65536) sink.output(block(at), "stdout")
  return id
}

const block = (at: number) => new Uint8Array(new Uint32Array(16384).map((_, i) => at + i * 4).buffer)

test("with acks at most 512 KiB are unparsed, and every byte comes once the acks do", async () => {
  await using server = new TestServer()
  const id = await full(server, 0)
  await using line = AttachClient.to(server, id)
  await line.frame("hello")
  line.send({ type: "ack", offset: 0 })
  line.send({ type: "ping", t: 1 })
  await line.frame("pong")
  const { sink } = server.sessions.get(id)
  const size = 4 << 20
  for (let at = 0; at < size; at += 65536) sink.output(block(at), "stdout")
  for (let acked = 0; acked < size; acked = line.bytes.length) {
    await line.until(() => line.bytes.length >= Math.min(size, acked + WINDOW_WITH_ACKS), "a full window")
    line.send({ type: "ping", t: acked })
    await line.until(
      () => line.all("pong").at(-1)!.t === acked,
      "the pong, after all that was sent before it",
    )
    expect(line.bytes.length - acked).toBeLessThanOrEqual(WINDOW_WITH_ACKS)
    line.send({ type: "ack", offset: line.bytes.length })
  }
  expect(new Uint32Array(line.bytes.buffer).every((value, i) => value === i * 4)).toBe(true)
}, 20_000)

test("a client that stalls holds little of the server's memory, and gets a gap when it reads again", async () => {
  await using server = new TestServer()
  const id = await full(server, 0, 2 << 20)
  const { sink, log } = server.sessions.get(id)
  const stalled = Array.from({ length: 10 }, () =>
    Stalled.attach(server.port, `/v1/sessions/${id}/attach?snapshot=never`, server.token),
  )
  for (const client of stalled) await client.stallAfter('"viewers"')
  Bun.gc(true)
  const before = process.memoryUsage().rss
  for (let at = 0; at < 100 << 20; at += 65536) {
    sink.output(block(at), "stdout")
    if (at % (4 << 20) === 0) await server.call("get", { id })
  }
  Bun.gc(true)
  expect(process.memoryUsage().rss - before).toBeLessThan(40 << 20)
  expect(log.end).toBe(100 << 20)
  stalled[0]!.socket.resume()
  await stalled[0]!.stallAfter('"reason":"slow_viewer"')
  for (const client of stalled) client[Symbol.dispose]()
  await eventually(() => server.sessions.get(id).viewers.count === 0, "all to be gone")
}, 20_000)

test("a client that asks without reading is cut off before it fills the memory", async () => {
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

test("frames in fragments and frames that break the rules", async () => {
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

test("an endless viewer is one among others: a slow one slows nobody", async () => {
  await using server = new TestServer()
  const id = await full(server, 0)
  using slow = Stalled.attach(server.port, `/v1/sessions/${id}/attach?snapshot=never`, server.token)
  await slow.stallAfter('"viewers"')
  await using line = AttachClient.to(server, id)
  await line.frame("hello")
  const { sink } = server.sessions.get(id)
  const size = 8 << 20
  for (let at = 0; at < size; at += 65536) sink.output(block(at), "stdout")
  await line.until(() => line.bytes.length === size, "all of it")
  expect(line.all("gap")).toEqual([])
})
