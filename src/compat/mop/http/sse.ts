// A session's output as server-sent events: data frames and heartbeats (contract mop, 2.3).

import { delay } from "../../../core/lib/wake.ts"
import type { Session } from "../../../core/session/session.ts"
import type { Mop } from "../mop.ts"
import { ElementStream, type MopFrame } from "../session/element-stream.ts"
import type { MopSession } from "../session/mop-session.ts"

const HEARTBEAT_MS = 15_000

const HEADERS = {
  "Content-Type": "text/event-stream",
  "Cache-Control": "no-store, no-transform",
  "X-Accel-Buffering": "no",
}

/** Streams until the session ends or the client disconnects. The client's pace limits reading. */
export function mopEventStream(mop: Mop, mopSession: MopSession, disconnected: AbortSignal): Response {
  const [encoder, cancelled] = [new TextEncoder(), new AbortController()]
  const signal = AbortSignal.any([disconnected, cancelled.signal, mopSession.over.signal])
  const removeStream = mop.addStream(mopSession)
  signal.addEventListener("abort", removeStream)
  const stream = new ElementStream(mopSession)
  // the first frame is sent even without output, because the response head goes out with it
  const first = stream.next() ?? { stdout: "", stderr: "" }
  const body = new ReadableStream<Uint8Array>(
    {
      start: controller => controller.enqueue(encoder.encode(format(first))),
      async pull(controller) {
        const text = await nextText(stream, mopSession.session, signal)
        if (text !== null) return controller.enqueue(encoder.encode(text))
        removeStream()
        controller.close()
      },
      cancel: () => cancelled.abort(),
    },
    { highWaterMark: 1 },
  )
  return new Response(body, { headers: HEADERS })
}

/** Returns the next frame, a heartbeat after a long silence, or null at the end. */
async function nextText(
  stream: ElementStream,
  session: Session,
  signal: AbortSignal,
): Promise<string | null> {
  const silentSince = performance.now()
  while (!signal.aborted) {
    const frame = stream.next()
    if (frame) return format(frame)
    const left = silentSince + HEARTBEAT_MS - performance.now()
    if (left <= 0) return ": heartbeat\n\n"
    await session.changed.wait(signal, Math.min(left, stream.retryMs ?? left))
  }
  // the client may have cancelled, and closing a cancelled stream in the same turn throws
  await delay(0)
  return null
}

const format = (frame: MopFrame): string => `data: ${JSON.stringify(frame)}\n\n`
