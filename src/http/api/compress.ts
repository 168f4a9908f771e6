// Compression of large JSON responses. Streams are never compressed: a compressor would delay them.

import { promisify } from "node:util"
import { constants, gzip, zstdCompress } from "node:zlib"
import type { MiddlewareHandler } from "@hono/hono"
import type { AppEnv } from "../peer.ts"

/** Smallest body that is compressed, in bytes; smaller ones fit into a few packets anyway. */
const LARGE = 8 << 10

/** The fastest levels, in the thread pool: saved bytes must not cost latency. In order of preference. */
const CODINGS: Record<string, (bytes: Uint8Array) => Promise<Uint8Array>> = {
  zstd: bytes => promisify(zstdCompress)(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 1 } }),
  gzip: bytes => promisify(gzip)(bytes, { level: 1 }),
}

export function compressed(): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    await next()
    const coding = codingFor(c.req.header("accept-encoding") ?? "")
    const { status, headers } = c.res
    const isJson = /^application\/json\b/.test(headers.get("content-type") ?? "")
    if (!isJson || c.req.method === "HEAD" || headers.has("content-encoding")) return
    headers.append("Vary", "Accept-Encoding")
    if (!coding) return
    const bytes = await c.res.bytes()
    const large = bytes.length >= LARGE
    if (large) headers.set("Content-Encoding", coding)
    headers.delete("content-length")
    const body = large ? await CODINGS[coding]!(bytes) : bytes
    c.res = new Response(body as Uint8Array<ArrayBuffer>, { status, headers })
  }
}

/** The first supported coding that the client accepts (RFC 9110, 12.5.3); `q=0` rejects one. */
function codingFor(accepts: string): string | null {
  const offered = new Map(
    accepts.split(",").map(part => {
      const [name = "", ...parameters] = part
        .trim()
        .toLowerCase()
        .split(/\s*;\s*/)
      return [name, !parameters.some(parameter => /^q=0(\.0*)?$/.test(parameter))]
    }),
  )
  return Object.keys(CODINGS).find(name => offered.get(name) ?? false) ?? null
}
