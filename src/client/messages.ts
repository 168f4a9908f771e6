// Parses a stream of server-sent events (HTML standard, 9.2.6), as far as this server uses them.

import { PtylineError } from "../core/lib/errors.ts"

export type SseMessage = { event: string; data: string }

/** Yields every message. Throws `unavailable` if the stream breaks or stays silent for `silenceMs`. */
export async function* messages(
  stream: ReadableStream<Uint8Array>,
  silenceMs: number,
): AsyncGenerator<SseMessage> {
  const reader = stream.getReader()
  const decoder = new TextDecoder()
  let buffered = ""
  try {
    for (;;) {
      const { done, value } = await withTimeout(reader.read(), silenceMs)
      if (done) return
      const blocks = (buffered + decoder.decode(value, { stream: true })).split("\n\n")
      buffered = blocks.pop()!
      for (const block of blocks) {
        const message = parseMessage(block)
        if (message) yield message
      }
    }
  } finally {
    reader.cancel().catch(() => {})
  }
}

/** Returns null for a block of comments. */
function parseMessage(block: string): SseMessage | null {
  let [event, data] = ["message", ""]
  for (const line of block.split("\n")) {
    if (line.startsWith("event: ")) event = line.slice(7)
    if (line.startsWith("data: ")) data = line.slice(6)
  }
  return data === "" ? null : { event, data }
}

async function withTimeout<T>(read: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new PtylineError("unavailable", `no data from the server for ${ms} ms`)),
      ms,
    )
  })
  try {
    return await Promise.race([read, timeout])
  } catch (error) {
    throw error instanceof PtylineError ? error : new PtylineError("unavailable", `connection lost: ${error}`)
  } finally {
    clearTimeout(timer)
  }
}
