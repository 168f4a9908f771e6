// Server-sent events: a session's output with offsets as ids, and the events of all sessions.

import { afterAll, expect, test } from "bun:test"
import { collectGarbage, eventually } from "../helpers.ts"
import { followed, type Sse, sseOf } from "./events.ts"
import { TestServer } from "./server.ts"
import { Stalled } from "./stalled.ts"

// started now and checked by the last test: the 15 s pass while the others run
const patient = new TestServer()
const heartbeats = patient.start("cat").then(id => patient.fetch(`/v1/sessions/${id}/stream`))
const begun = performance.now()
afterAll(() => patient.stop())

const printer = (server: TestServer, id: string) => (text: string | Uint8Array) =>
  server.sessions
    .get(id)
    .sink.output(typeof text === "string" ? new TextEncoder().encode(text) : text.slice(), "stdout")

/** Starts a session that prints only what the test sends, and ends on request. */
async function silent(server: TestServer, more = {}) {
  const id = await server.start("read x; exit 3", { backend: "pipe", ...more })
  return { id, print: printer(server, id), finish: () => server.call("write", { id, text: "\n" }) }
}

test("output with offsets, then the exit, then the end of the stream", async () => {
  await using server = new TestServer()
  const { id, print, finish } = await silent(server)
  print("hello")
  const answer = await server.fetch(`/v1/sessions/${id}/stream`)
  expect(answer.headers.get("content-type")).toBe("text/event-stream; charset=utf-8")
  expect(answer.headers.get("x-accel-buffering")).toBe("no")
  const all = followed(answer)
  print("ä")
  await finish()
  const { bytes, events } = await all
  expect(Buffer.from(bytes).toString()).toBe("helloä")
  expect(events[0]).toEqual({
    event: "output",
    id: "5",
    data: { from: 0, data: btoa("hello") },
    comment: false,
  })
  expect(events.at(-1)).toMatchObject({
    event: "exit",
    id: null,
    data: { code: 3, signal: null, end: 7, tail_open: false },
  })
})

test("Last-Event-ID overrides from", async () => {
  await using server = new TestServer()
  const { id, print, finish } = await silent(server)
  print("0123456789")
  await finish()
  const ask = async (query: string, headers = {}) =>
    Buffer.from(
      (await followed(await server.fetch(`/v1/sessions/${id}/stream${query}`, { headers }))).bytes,
    ).toString()
  expect(await ask("?from=4")).toBe("456789")
  expect(await ask("?from=-3")).toBe("789")
  expect(await ask("?from=-1")).toBe("")
  expect(await ask("?from=999")).toBe("")
  expect(await ask("?from=4", { "last-event-id": "7" })).toBe("789")
  expect(await ask("", { "last-event-id": "10" })).toBe("")
  for (const bad of ["x", "-1", "1.5", "9".repeat(30)])
    expect(
      (await server.fetch(`/v1/sessions/${id}/stream`, { headers: { "last-event-id": bad } })).status,
    ).toBe(400)
})

test("a stream cut after any event and resumed by its id gives every byte once", async () => {
  await using server = new TestServer()
  const { id, print, finish } = await silent(server)
  const pieces = Array.from({ length: 40 }, (_, i) => `piece ${i} 猫\n`)
  let [got, last] = ["", "0"]
  for (const piece of pieces) {
    print(piece)
    const answer = await server.fetch(`/v1/sessions/${id}/stream`, { headers: { "last-event-id": last } })
    for await (const { event, id: next, data } of sseOf(answer)) {
      if (event !== "output") continue
      got += Buffer.from((data as { data: string }).data, "base64").toString()
      last = next!
      break
    }
  }
  expect(got).toBe(pieces.join(""))
  await finish()
})

test("text is cut between characters, wherever the output was cut", async () => {
  await using server = new TestServer()
  const text = new TextEncoder().encode("aß猫😀z")
  for (let cut = 1; cut < text.length; cut++) {
    const { id, print, finish } = await silent(server)
    const all = followed(await server.fetch(`/v1/sessions/${id}/stream?encoding=utf8`))
    print(text.slice(0, cut))
    await server.call("get", { id })
    print(text.slice(cut))
    await finish()
    const { events } = await all
    const output = events.filter(({ event }) => event === "output")
    expect(output.map(({ data }) => (data as { data: string }).data).join("")).toBe("aß猫😀z")
    expect(output.at(-1)!.id).toBe(`${text.length}`)
  }
})

test("text after a gap starts with a whole character, and the gap gives its range", async () => {
  await using server = new TestServer()
  const { id, print, finish } = await silent(server, { log_limit: 65536 })
  print("猫".repeat(30_000))
  await finish()
  const base = 90_000 - 65536
  const { events } = await followed(await server.fetch(`/v1/sessions/${id}/stream?encoding=utf8&from=5`))
  expect(events[0]).toMatchObject({ event: "gap", data: { from: 5, to: base, reason: "trimmed" } })
  const text = events
    .filter(({ event }) => event === "output")
    .map(({ data }) => (data as { data: string }).data)
    .join("")
  expect(/^猫+$/.test(text)).toBe(true)
})

test("resizes and titles come at their places in the output", async () => {
  await using server = new TestServer()
  const id = await server.start("read x; printf '\\033]0;new\\007'; read y; echo done", { echo: false })
  const all = followed(await server.fetch(`/v1/sessions/${id}/stream`))
  await server.call("resize", { id, cols: 50, rows: 20 })
  await server.call("write", { id, text: "\n" })
  await eventually(() => server.sessions.get(id).title === "new", "the title")
  await server.call("write", { id, text: "\n" })
  const { events } = await all
  expect(events.map(({ event }) => event)).toEqual(["resize", "output", "title", "output", "exit"])
  expect(events[0]!.data).toEqual({ cols: 50, rows: 20 })
  expect(events[2]!.data).toEqual({ title: "new" })
})

test("a reader counts as a viewer until it leaves, even if it never reads", async () => {
  await using server = new TestServer({ limits: { viewers: 2 } })
  const { id, print } = await silent(server)
  const viewers = () => server.sessions.get(id).viewers.count
  const answer = await server.fetch(`/v1/sessions/${id}/stream`)
  const reader = sseOf(answer)
  void reader.next()
  await eventually(() => viewers() === 1, "one viewer")
  const stalled = Stalled.get(server.port, `/v1/sessions/${id}/stream`, server.token)
  await stalled.stallAfter("\r\n\r\n")
  for (let i = 0; i < 200; i++) print(new Uint8Array(65536))
  await eventually(() => viewers() === 2, "two viewers")
  const third = await server.fetch(`/v1/sessions/${id}/stream`)
  expect([third.status, (await third.json()).error.code]).toEqual([429, "limit_reached"])
  stalled[Symbol.dispose]()
  await eventually(() => viewers() === 1, "the stalled one to be gone")
  await answer.body?.cancel().catch(() => reader.return(undefined))
  await reader.return(undefined)
  await eventually(() => viewers() === 0, "none")
})

test("a reader that stalls costs no memory and gets a gap", async () => {
  await using server = new TestServer()
  const { id, print, finish } = await silent(server, { log_limit: 1 << 20 })
  using stalled = Stalled.get(server.port, `/v1/sessions/${id}/stream`, server.token)
  await stalled.stallAfter("\r\n\r\n")
  const block = new Uint8Array(65536).fill(120)
  collectGarbage()
  const before = process.memoryUsage().rss
  for (let i = 0; i < 1600; i++) {
    print(block)
    if (i % 50 === 0) await server.call("get", { id })
  }
  collectGarbage()
  expect(process.memoryUsage().rss - before).toBeLessThan(48 << 20)
  await finish()
  stalled.socket.resume()
  await stalled.stallAfter("event: exit")
  expect(stalled.data.toString("latin1")).toMatch(/event: gap\n(id: \d+\n)?data: \{.*"reason":"slow_viewer"/)
}, 20_000)

test("events of all sessions can be resumed by number", async () => {
  await using server = new TestServer()
  const news: Sse[] = []
  const answer = await server.fetch("/v1/events")
  const reading = (async () => {
    for await (const event of sseOf(answer)) {
      if (event.event) news.push(event)
      if (event.event === "session.removed") return
    }
  })()
  const id = await server.start("cat", { name: "a" })
  await server.call("update", { id, name: "b" })
  await server.call("end", { id })
  await reading
  const types = news.map(({ event }) => event)
  expect(types).toEqual(["session.created", "session.updated", "session.exited", "session.removed"])
  const infos = news.map(
    ({ data }) => (data as { session?: { id: string; name: string; exit: unknown } }).session,
  )
  expect(infos.slice(0, 3).map(info => info!.id)).toEqual([id, id, id])
  expect(infos[1]!.name).toBe("b")
  expect(infos[2]!.exit).not.toBeNull()
  expect(news[3]!.data).toEqual({ id })
  const again = await server.fetch("/v1/events", { headers: { "last-event-id": news[1]!.id! } })
  const seen: string[] = []
  for await (const { event } of sseOf(again)) {
    if (event) seen.push(event)
    if (event === "session.removed") break
  }
  expect(seen).toEqual(["session.exited", "session.removed"])
  const future = await server.fetch("/v1/events", { headers: { "last-event-id": "4711" } })
  for await (const { event } of sseOf(future)) {
    if (!event) continue
    expect(event).toBe("missed")
    break
  }
})

test("a silent stream sends a comment every 15 s", async () => {
  for await (const { comment } of skipFirst(sseOf(await heartbeats))) {
    expect(comment).toBe(true)
    break
  }
  const waited = performance.now() - begun
  expect(waited).toBeGreaterThan(14_500)
  expect(waited).toBeLessThan(25_000)
}, 30_000)

/** Comments after the first one, which every stream starts with. */
async function* skipFirst(events: AsyncGenerator<Sse>): AsyncGenerator<Sse> {
  await events.next()
  yield* events
}
