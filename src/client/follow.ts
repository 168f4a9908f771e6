// Following a session over the network: server-sent events, resumed at the offset that was reached (contract native, SSE).

import { PtylineError } from "../core/lib/errors.ts"
import type { GapReason } from "../core/log/gap.ts"
import { bodyOf, type ClientOptions, failureOf, send, under } from "../http/api/client.ts"
import { Backoff } from "../wire/backoff.ts"
import { messages, type SseMessage } from "./messages.ts"

export type FollowOptions = {
  /** Offset of the first byte wanted; left out: the oldest that is kept; -1: only what is new. */
  from?: number
  signal?: AbortSignal
}

/** What a session's follower learns. Offsets count output bytes since the session's birth. */
export type ClientEvent =
  | { type: "output"; from: number; bytes: Uint8Array }
  | { type: "gap"; from: number; to: number; reason: GapReason }
  | { type: "resize"; cols: number; rows: number }
  | { type: "title"; title: string }
  | { type: "exit"; code: number | null; signal: string | null; end: number; tail_open: boolean }

type Server = ClientOptions & { url: string }

/** A server says something at least every 15 s; after this long without a word the connection is dead, in ms. */
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
      for await (const event of connection(server, id, cursor, signal)) {
        backoff.reset()
        cursor = cursorAfter(event) ?? cursor
        yield event
        if (event.type === "exit") return
      }
    } catch (error) {
      if (signal?.aborted) return
      if (!(error instanceof PtylineError) || error.code !== "unavailable") throw error
    }
    await pause(backoff.next(), signal)
  }
}

function cursorAfter(event: ClientEvent): number | undefined {
  if (event.type === "output") return event.from + event.bytes.length
  return event.type === "gap" ? event.to : undefined
}

/** One connection's events, until it breaks. */
async function* connection(
  server: Server,
  id: string,
  from: number | undefined,
  signal?: AbortSignal,
): AsyncGenerator<ClientEvent> {
  const gone = new AbortController()
  const leave = () => gone.abort()
  signal?.addEventListener("abort", leave)
  server.signal?.addEventListener("abort", leave)
  try {
    const stream = await open(server, id, from, gone.signal)
    for await (const message of messages(stream, SILENCE_MS)) {
      const event = eventOf(message)
      if (event) yield event
    }
  } finally {
    signal?.removeEventListener("abort", leave)
    server.signal?.removeEventListener("abort", leave)
    gone.abort()
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

/** Null for what a later server may say that this client does not know. */
function eventOf({ event, data }: SseMessage): ClientEvent | null {
  const fields = JSON.parse(data)
  switch (event) {
    case "output":
      return { type: "output", from: fields.from, bytes: bytesOf(fields.data) }
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

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), char => char.charCodeAt(0))

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener("abort", done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener("abort", done)
  })
}
