// Compression of responses, and revalidation of documents.

import { expect, test } from "bun:test"
import { gunzipSync, zstdDecompressSync } from "node:zlib"
import { TestServer } from "./server.ts"

/** A session with long output, and a request that leaves its encoding on. */
async function reading(server: TestServer, size: number) {
  const id = await server.start(`head -c ${size} /dev/zero | tr '\\0' y`, { backend: "pipe" })
  await server.outputOf(id)
  const path = `/v1/sessions/${id}/output?max_bytes=${size}`
  return (accepts: string, method = "GET") =>
    server.fetch(path, {
      method,
      headers: { "accept-encoding": accepts },
      decompress: false,
    } as RequestInit & {
      body?: undefined
    })
}

test("a large JSON response is compressed with a coding that the client accepts", async () => {
  await using server = new TestServer()
  const read = await reading(server, 100_000)
  const plain = await read("identity")
  const whole = await plain.text()
  expect([plain.headers.get("content-encoding"), whole.length > 100_000]).toEqual([null, true])
  const decoders = { gzip: gunzipSync, zstd: zstdDecompressSync }
  for (const [accepts, coding] of [
    ["gzip", "gzip"],
    ["gzip, deflate, br, zstd", "zstd"],
    ["zstd;q=0, gzip;q=0.5", "gzip"],
  ] as const) {
    const answer = await read(accepts)
    expect([accepts, answer.headers.get("content-encoding")]).toEqual([accepts, coding])
    expect(answer.headers.get("vary")).toContain("Accept-Encoding")
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff")
    const bytes = await answer.bytes()
    expect(bytes.length).toBeLessThan(5000)
    expect(decoders[coding](bytes).toString()).toBe(whole)
  }
  for (const accepts of ["br", "gzip;q=0", "*"])
    expect((await read(accepts)).headers.get("content-encoding")).toBeNull()
})

test("small responses and streams are not compressed", async () => {
  await using server = new TestServer()
  const read = await reading(server, 1000)
  expect((await read("gzip")).headers.get("content-encoding")).toBeNull()
  const id = await server.start("head -c 100000 /dev/zero | tr '\\0' y", { backend: "pipe" })
  const stream = await server.fetch(`/v1/sessions/${id}/stream`, { headers: { "accept-encoding": "gzip" } })
  expect(stream.headers.get("content-encoding")).toBeNull()
  await stream.body!.cancel()
})

test("a document that the client has already is 304", async () => {
  await using server = new TestServer()
  for (const path of ["/openapi.json", "/docs", "/docs.css"]) {
    const first = await server.fetch(path)
    const etag = first.headers.get("etag")!
    expect([path, first.status, etag.length > 10]).toEqual([path, 200, true])
    expect(first.headers.get("cache-control")).toBe("no-cache")
    const again = await server.fetch(path, { headers: { "if-none-match": etag } })
    expect([path, again.status, await again.text()]).toEqual([path, 304, ""])
    expect((await server.fetch(path, { headers: { "if-none-match": '"other"' } })).status).toBe(200)
  }
})
