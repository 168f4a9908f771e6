// Follows a session over server-sent events and resumes at the last offset (contract native, SSE).

import { hasCode } from "../core/lib/errors.ts"
import { delay } from "../core/lib/wake.ts"
import type { GapReason } from "../core/log/gap.ts"
import { bodyOf, type ClientOptions, failureOf, send, under } from "../http/api/client.ts"
import { Backoff } from "../wire/backoff.ts"
import { messages, type SseMessage } from "./messages.ts"

export type FollowOptions = {
  /** Offset of the first byte. If missing: the oldest available. -1: only new output. */
  from?: number
  signal?: AbortSignal
}

/** An event of a followed session. Offsets count output bytes since the session started. */
export type ClientEvent =
  | { type: "output"; from: number; bytes: Uint8Array }
  | { type: "gap"; from: number; to: number; reason: GapReason }
  | { type: "resize"; cols: number; rows: number }
  | { type: "title"; title: string }
  | { type: "exit"; code: number | null; signal: string | null; end: number; tail_open: boolean }

type Server = ClientOptions & { url: string }

/** Silence that means a dead connection, in ms. A server sends something every 15 s. */
const SILENCE_MS = 40_000

export async function* follow(
  server: Server,
  id: string,
  { from, signal }: FollowOptions,
): AsyncGenerator<ClientEvent, void> {
  const backoff = new Backoff()
  let cursor = from
  while (!signal?.aborted) {
    try {
      for await (const event of readEvents(server, id, cursor, signal)) {
        backoff.reset()
        cursor = nextCursor(event) ?? cursor
        yield event
        if (event.type === "exit") return
      }
    } catch (error) {
      if (signal?.aborted) return
      if (!hasCode(error, "unavailable")) throw error
    }
    await delay(backoff.next(), signal)
  }
}

function nextCursor(event: ClientEvent): number | undefined {
  if (event.type === "output") return event.from + event.bytes.length
  return event.type === "gap" ? event.to : undefined
}

/** Yields the events of one connection, until it breaks. */
async function* readEvents(
  server: Server,
  id: string,
  from: number | undefined,
  signal?: AbortSignal,
): AsyncGenerator<ClientEvent> {
  const closed = new AbortController()
  const close = () => closed.abort()
  signal?.addEventListener("abort", close)
  server.signal?.addEventListener("abort", close)
  try {
    const stream = await open(server, id, from, closed.signal)
    for await (const message of messages(stream, SILENCE_MS)) {
      const event = parseEvent(message)
      if (event) yield event
    }
  } finally {
    signal?.removeEventListener("abort", close)
    server.signal?.removeEventListener("abort", close)
    closed.abort()
  }
}

async function open(
  server: Server,
  id: string,
  from: number | undefined,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  const url = under(server.url, `/v1/sessions/${encodeURIComponent(id)}/stream`)
  if (from !== undefined) url.searchParams.set("from", String(from))
  const headers: Record<string, string> = { Accept: "text/event-stream" }
  if (server.token) headers.Authorization = `Bearer ${server.token}`
  const response = await send({ ...server, signal }, [url.href, { headers, signal }])
  if (response.ok && response.body) return response.body
  throw failureOf(response.status, await bodyOf(response))
}

/** Returns null for unknown events, which later servers may send. */
function parseEvent({ event, data }: SseMessage): ClientEvent | null {
  const fields = JSON.parse(data)
  switch (event) {
    case "output":
      return { type: "output", from: fields.from, bytes: decodeBase64(fields.data) }
    case "gap":
      return { type: "gap", reason: "trimmed", ...fields }
    case "resize":
    case "title":
    case "exit":
      return { type: event, ...fields }
    default:
      return null
  }
}

const decodeBase64 = (base64: string): Uint8Array => Uint8Array.from(atob(base64), char => char.charCodeAt(0))
