// A session's output as server-sent events: two kinds of frames, no names, no ids (contract mop, 2.3).

import { delay } from "../../../core/lib/wake.ts"
import type { Mop } from "../mop.ts"
import { ElementStream, type MopFrame } from "../session/element-stream.ts"
import type { MopSession } from "../session/mop-session.ts"
import { follow } from "../session/stream.ts"

const HEARTBEAT_MS = 15_000

const HEADERS = {
  "Content-Type": "text/event-stream",
  "Cache-Control": "no-store, no-transform",
  "X-Accel-Buffering": "no",
}

/** The stream until the session ends or `gone` says that nobody reads it. It is read from only as fast as it is sent. */
export function eventStream(mop: Mop, mopSession: MopSession, gone: AbortSignal): Response {
  const [encoder, left] = [new TextEncoder(), new AbortController()]
  const signal = AbortSignal.any([gone, left.signal, mopSession.over.signal])
  const leave = follow(mop, mopSession)
  signal.addEventListener("abort", leave)
  const feed = new ElementStream(mopSession)
  // at once, also without output: the answer's head goes out with the first frame
  const first = feed.next() ?? { stdout: "", stderr: "" }
  const body = new ReadableStream<Uint8Array>(
    {
      start: controller => controller.enqueue(encoder.encode(format(first))),
      async pull(controller) {
        const text = await nextText(feed, mopSession, signal)
        if (text !== null) return controller.enqueue(encoder.encode(text))
        leave()
        controller.close()
      },
      cancel: () => left.abort(),
    },
    { highWaterMark: 1 },
  )
  return new Response(body, { headers: HEADERS })
}

/** The next frame, or a heartbeat when there is none for long; null at the end. */
async function nextText(feed: ElementStream, { session }: MopSession, signal: AbortSignal): Promise<string | null> {
  const silentSince = performance.now()
  while (!signal.aborted) {
    const frame = feed.next()
    if (frame) return format(frame)
    const left = silentSince + HEARTBEAT_MS - performance.now()
    if (left <= 0) return ": heartbeat\n\n"
    await session.changed.wait(signal, Math.min(left, feed.again ?? left))
  }
  // aborting is also how the other side leaves; an answer in the same turn would find the stream closed
  await delay(0)
  return null
}

const format = (frame: MopFrame): string => `data: ${JSON.stringify(frame)}\n\n`
