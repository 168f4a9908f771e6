// Output of a session as server-sent events (contract native, SSE).
// An event's id is the next offset, so Last-Event-ID resumes.

import { CharacterBuffer, characterRest, decode } from "../../core/lib/text.ts"
import type { FollowEvent } from "../../core/log/follow.ts"
import { restAt } from "../../core/log/text.ts"
import type { Session } from "../../core/session/session.ts"
import type { SseEvent } from "./sse.ts"

type Encoding = "base64" | "utf8"

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
  const buffer = new CharacterBuffer()
  let afterGap = false
  return function* (event) {
    if (event.type === "output") {
      const skipped = afterGap ? characterRest(event.bytes) : 0
      const from = event.from + skipped - buffer.rest.length
      const whole = buffer.push(event.bytes.subarray(skipped))
      afterGap = false
      if (whole.length > 0) yield textEvent(from, whole)
      return
    }
    if (buffer.rest.length > 0 && (event.type === "exit" || event.type === "gap")) {
      const at = event.type === "exit" ? event.end : event.from
      yield textEvent(at - buffer.rest.length, buffer.flush())
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
  if (event.type === "gap") {
    const { from, to, reason } = event
    return { event: "gap", id: to, data: { from, to, reason } }
  }
  if (event.type === "exit") {
    const { code, signal } = event.exit
    const lost = code === null && signal === null && { lost: true }
    return { event: "exit", data: { code, signal, end: event.end, tail_open: event.tailOpen, ...lost } }
  }
  const { type, ...data } = event
  return { event: type, data }
}
