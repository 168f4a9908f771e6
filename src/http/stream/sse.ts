// Server-sent events (HTML standard, section 9.2) from an async generator, at the reader's pace.

/** Pause between comments, in ms: proxies close a silent stream. */
const HEARTBEAT_MS = 15_000

export type SseEvent = { event: string; id?: number; data: unknown }

const HEADERS = {
  "Content-Type": "text/event-stream; charset=utf-8",
  "Cache-Control": "no-store, no-transform",
  "X-Accel-Buffering": "no",
}

/**
 * Returns a response that streams `events` until they end or `gone` aborts. Aborts `gone` when the reader
 * leaves. Asks for the next event after the socket took the last one, so a slow reader costs nothing.
 */
export function sseResponse(events: AsyncGenerator<SseEvent>, gone: AbortController): Response {
  const encoder = new TextEncoder()
  let pending: Promise<IteratorResult<SseEvent>> | null = null
  // a generator suspended at a yield would keep its resources after the reader left
  gone.signal.addEventListener("abort", () => void events.return(undefined).catch(() => {}))
  const body = new ReadableStream<Uint8Array>(
    {
      start: controller => controller.enqueue(encoder.encode(":\n\n")),
      async pull(controller) {
        pending ??= events.next()
        const result = await orHeartbeat(pending)
        if (result === "heartbeat") return controller.enqueue(encoder.encode(":\n\n"))
        pending = null
        if (!result.done) return controller.enqueue(encoder.encode(format(result.value)))
        gone.abort()
        controller.close()
      },
      cancel: () => gone.abort(),
    },
    { highWaterMark: 1 },
  )
  return new Response(body, { headers: HEADERS })
}

async function orHeartbeat<T>(next: Promise<T>): Promise<T | "heartbeat"> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<"heartbeat">(resolve => {
    timer = setTimeout(resolve, HEARTBEAT_MS, "heartbeat")
  })
  try {
    return await Promise.race([next, late])
  } finally {
    clearTimeout(timer)
  }
}

function format({ event, id, data }: SseEvent): string {
  return `event: ${event}\n${id === undefined ? "" : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`
}
