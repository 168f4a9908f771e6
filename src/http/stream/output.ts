// Output of a session as server-sent events (contract native, SSE).
// An event's id is the next offset, so Last-Event-ID resumes.

import { copyOf } from "../../core/lib/memory.ts"
import { characterRest, decode, wholeCharacters } from "../../core/lib/text.ts"
import type { FollowEvent } from "../../core/log/follow.ts"
import type { Session } from "../../core/session/session.ts"
import { restAt } from "../../ops/output/read.ts"
import type { SseEvent } from "./sse.ts"

export type Encoding = "base64" | "utf8"

/** Counts as a viewer while it runs. */
export async function* streamEvents(
  session: Session,
  from: number,
  encoding: Encoding,
  signal: AbortSignal,
): AsyncGenerator<SseEvent> {
  const attachment = session.attach(false)
  const text = encoding === "utf8"
  const translate = text ? textTranslator() : byteEvent
  const start = text && from >= session.log.base ? from + restAt(session.log, from) : from
  try {
    for await (const event of session.follow(start, signal)) yield* translate(event)
  } finally {
    attachment.detach()
  }
}

function* byteEvent(event: FollowEvent): Generator<SseEvent> {
  if (event.type === "output") {
    const { from, bytes } = event
    const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64")
    yield { event: "output", id: from + bytes.byteLength, data: { from, data } }
  } else yield otherEvent(event)
}

/**
 * Cuts text at character boundaries: holds an unfinished character back, with the id before it. Text after a
 * gap starts with the first whole character.
 */
function textTranslator(): (event: FollowEvent) => Generator<SseEvent> {
  let rest = new Uint8Array(0)
  let afterGap = false
  return function* (event) {
    if (event.type === "output") {
      const skipped = afterGap ? characterRest(event.bytes) : 0
      const from = event.from + skipped - rest.length
      const fresh = event.bytes.subarray(skipped)
      const bytes = rest.length === 0 ? fresh : Buffer.concat([rest, fresh])
      afterGap = false
      const whole = wholeCharacters(bytes)
      rest = copyOf(bytes.subarray(whole))
      if (whole > 0) yield textEvent(from, bytes.subarray(0, whole))
      return
    }
    if (rest.length > 0 && (event.type === "exit" || event.type === "gap")) {
      const at = event.type === "exit" ? event.end : event.from
      yield textEvent(at - rest.length, rest)
      rest = new Uint8Array(0)
    }
    afterGap ||= event.type === "gap"
    yield otherEvent(event)
  }
}

const textEvent = (from: number, bytes: Uint8Array): SseEvent => ({
  event: "output",
  id: from + bytes.length,
  data: { from, data: decode(bytes) },
})

function otherEvent(event: Exclude<FollowEvent, { type: "output" }>): SseEvent {
  if (event.type === "gap") return { event: "gap", id: event.to, data: { from: event.from, to: event.to } }
  if (event.type === "exit") {
    const { code, signal } = event.exit
    const lost = code === null && signal === null && { lost: true }
    return { event: "exit", data: { code, signal, end: event.end, tail_open: event.tailOpen, ...lost } }
  }
  const { type, ...data } = event
  return { event: type, data }
}
