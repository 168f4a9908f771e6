// Forwarding through a worker, in this process: responses, streams, sockets with back-pressure.

import { expect, test } from "bun:test"
import { join } from "node:path"
import { httpCall } from "../../src/http/api/client.ts"
import { listen } from "../../src/http/server.ts"
import { forwardTo } from "../../src/http/workers/forward.ts"
import type { HttpListener } from "../../src/runtime/types.ts"
import { collectGarbage, eventually, scratch } from "../helpers.ts"
import { AttachClient } from "./attach-client.ts"
import { rawRequest } from "./raw.ts"
import { TestServer, type TestServerOptions } from "./server.ts"
import { Stalled } from "./stalled.ts"

/** A core and one of its workers. */
class Pair implements AsyncDisposable {
  readonly core: TestServer
  readonly port: number
  readonly origin: string
  #place = scratch()
  #worker: HttpListener

  constructor(options: TestServerOptions = {}) {
    const forwarded = join(this.#place.path, "core.sock")
    this.core = new TestServer({ ...options, forwarded })
    this.#worker = listen({ hostname: "127.0.0.1", port: 0 }, forwardTo(forwarded))
    this.port = this.#worker.port
    this.origin = `http://127.0.0.1:${this.port}`
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    if (!headers.has("authorization")) headers.set("authorization", `Bearer ${this.core.token}`)
    return fetch(this.origin + path, { ...init, headers })
  }

  attach(id: string, query = "snapshot=never", token: string | null = this.core.token): AttachClient {
    return new AttachClient(`${this.origin}/v1/sessions/${id}/attach`, { token, query })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.stop()
    await this.core.stop()
    this.#place[Symbol.dispose]()
  }
}

const CAT = "stty raw -echo; printf ready; exec cat"

test("responses pass unchanged: status, headers, bodies, errors", async () => {
  await using pair = new Pair()
  const direct = await pair.core.fetch("/v1/server")
  const through = await pair.fetch("/v1/server")
  expect([through.status, await through.json()]).toEqual([200, await direct.json()])
  for (const name of ["content-type", "content-security-policy", "x-frame-options"])
    expect(through.headers.get(name)).toBe(direct.headers.get(name))
  expect((await pair.fetch("/v1/nope?x=%20y")).status).toBe(404)
  expect((await pair.fetch("/v1/server", { headers: { authorization: "Bearer wrong" } })).status).toBe(401)
  expect((await pair.fetch("/healthz", { headers: { origin: "http://evil.example" } })).status).toBe(403)
  expect((await rawRequest(pair.port, "GET /healthz", ["Host: evil.example"])).status).toBe(421)
  expect((await pair.fetch("/healthz", { headers: { origin: pair.origin } })).status).toBe(200)
  const head = await pair.fetch("/healthz", { method: "HEAD" })
  expect([head.status, await head.text()]).toEqual([200, ""])
  const login = await pair.fetch("/v1/login", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token: pair.core.token }),
  })
  expect([login.status, login.headers.getSetCookie().length]).toEqual([204, 1])
  expect(pair.core.faults).toEqual([])
})

test("request bodies: small, streamed without a length, too long", async () => {
  await using pair = new Pair()
  const post = (body: RequestInit["body"]) =>
    pair.fetch("/v1/sessions", { method: "POST", headers: { "content-type": "application/json" }, body })
  const body = JSON.stringify({ argv: ["/bin/cat"], name: "one" })
  expect((await post(body)).status).toBe(201)
  const streamed = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(body.replace("one", "two")))
      controller.close()
    },
  })
  expect((await post(streamed)).status).toBe(201)
  expect((await post("x".repeat(5 << 20))).status).toBe(413)
})

test("a client cannot choose its own address", async () => {
  await using pair = new Pair()
  const guess = (address: string) =>
    pair.fetch("/v1/server", { headers: { authorization: "Bearer wrong", "x-ptyline-peer": address } })
  const seen = new Set<number>()
  for (let i = 0; i < 12; i++) seen.add((await guess(`10.0.0.${i}`)).status)
  expect([...seen]).toEqual([401, 429]) // all counted for one address
  expect((await pair.fetch("/v1/sessions", { headers: { authorization: "" } })).status).toBe(401)
})

test("server-sent events come at once, and the core notices a client that leaves", async () => {
  await using pair = new Pair()
  const id = await pair.core.start("printf one; read x; printf two; exec cat")
  const gone = new AbortController()
  const answer = await pair.fetch(`/v1/sessions/${id}/stream?encoding=utf8`, { signal: gone.signal })
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = ""
  const until = async (wanted: string) => {
    while (!text.includes(wanted)) text += (await reader.read()).value ?? ""
  }
  await until('"data":"one"')
  pair.core.sessions.get(id).write(Buffer.from("\n"))
  await until("two")
  gone.abort()
  await eventually(() => pair.core.sessions.get(id).viewers.count === 0, "the viewer to be gone")
})

test("streams and long polls that are silent for 11 s are not cut off", async () => {
  await using pair = new Pair()
  const id = await pair.core.start("sleep 11")
  const stream = pair.fetch(`/v1/sessions/${id}/stream`).then(answer => answer.text())
  const call = httpCall(pair.origin, { token: pair.core.token })
  await call("wait", { id, until: { exit: true }, timeout_ms: 30_000 })
  expect(await stream).toContain("event: exit")
}, 60_000)

test("a socket through a worker: text and bytes both ways, and the core's close", async () => {
  await using pair = new Pair()
  const id = await pair.core.start(CAT, { echo: false })
  await using client = pair.attach(id)
  await client.printed("ready")
  expect(client.socket.protocol).not.toBe("")
  const all = new Uint8Array(100_000).map((_, i) => i % 251)
  for (let at = 0; at < all.length; at += 10_000) client.send(all.subarray(at, at + 10_000))
  await client.until(() => client.bytes.length === all.length + 5, "every byte back")
  expect(Buffer.compare(client.bytes.subarray(5), all)).toBe(0)
  client.send({ type: "ping", t: 7 })
  expect(await client.frame("pong")).toMatchObject({ t: 7 })
  await pair.core.call("end", { id })
  expect(await client.end()).toMatchObject({ code: 1000 })
})

test("a rejected socket gets the core's close code, or the status of the rejected handshake", async () => {
  await using pair = new Pair()
  const id = await pair.core.start("cat")
  expect((await pair.attach("s_missing").end()).code).toBe(
    (await AttachClient.to(pair.core, "s_missing").end()).code,
  )
  expect((await pair.attach(id, "", null).end()).code).toBe(
    (await AttachClient.to(pair.core, id, { token: null }).end()).code,
  )
  const plain = await pair.fetch("/healthz", {
    headers: { upgrade: "websocket", connection: "Upgrade", "sec-websocket-key": "x".repeat(24) },
  })
  expect([plain.status, await plain.json()]).toEqual([200, { ok: true }])
})

test("the core notices a client that leaves, and gets what it typed before", async () => {
  await using pair = new Pair()
  const id = await pair.core.start(CAT, { echo: false })
  const client = pair.attach(id)
  await client.printed("ready")
  client.type("last words")
  client.socket.close()
  await client.end()
  const session = pair.core.sessions.get(id)
  await eventually(() => session.viewers.count === 0, "the viewer to be gone")
  await eventually(
    () => Buffer.from(session.log.slice(0, session.log.end)).includes("last words"),
    "the words",
  )
})

test("a client that does not read costs a worker no memory, and gets a gap", async () => {
  await using pair = new Pair({ limits: { logBytes: 2 << 20 } })
  const id = await pair.core.start("exec sleep 100")
  const { sink, log } = pair.core.sessions.get(id)
  const path = `/v1/sessions/${id}/attach?snapshot=never`
  const stalled = Array.from({ length: 5 }, () => Stalled.attach(pair.port, path, pair.core.token))
  for (const client of stalled) await client.stallAfter('"viewers"')
  collectGarbage()
  const before = process.memoryUsage().rss
  for (let at = 0; at < 100 << 20; at += 65536) {
    sink.output(new Uint8Array(65536).fill(120), "stdout")
    if (at % (4 << 20) === 0) await pair.fetch("/healthz")
  }
  collectGarbage()
  expect(process.memoryUsage().rss - before).toBeLessThan(48 << 20)
  expect(log.end).toBe(100 << 20)
  stalled[0]!.socket.resume()
  await stalled[0]!.stallAfter('"type":"gap"')
  for (const client of stalled) client[Symbol.dispose]()
  await eventually(() => pair.core.sessions.get(id).viewers.count === 0, "all to be gone")
}, 30_000)

test("a worker without its core responds 503", async () => {
  using place = scratch()
  const worker = listen({ hostname: "127.0.0.1", port: 0 }, forwardTo(join(place.path, "none.sock")))
  const answer = await fetch(`http://127.0.0.1:${worker.port}/v1/server`)
  expect([answer.status, await answer.json()]).toMatchObject([503, { error: { code: "unavailable" } }])
  const client = new AttachClient(`http://127.0.0.1:${worker.port}/v1/sessions/x/attach`)
  expect((await client.end()).code).toBe(1006)
  await worker.stop()
})
