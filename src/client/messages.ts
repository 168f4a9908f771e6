// Server-sent events out of a stream of bytes (HTML standard, section 9.2.6), as far as this server makes use of them.

import { PtylineError } from "../core/lib/errors.ts"

export type SseMessage = { event: string; data: string }

/** Every message of the stream. Fails with `unavailable` when the stream breaks, or says nothing for `silenceMs`. */
export async function* messages(
  stream: ReadableStream<Uint8Array>,
  silenceMs: number,
): AsyncGenerator<SseMessage> {
  const reader = stream.getReader()
  const decoder = new TextDecoder()
  let rest = ""
  try {
    for (;;) {
      const { done, value } = await soon(reader.read(), silenceMs)
      if (done) return
      const blocks = (rest + decoder.decode(value, { stream: true })).split("\n\n")
      rest = blocks.pop()!
      for (const block of blocks) {
        const message = messageIn(block)
        if (message) yield message
      }
    }
  } finally {
    reader.cancel().catch(() => {})
  }
}

/** Null for a block of comments. */
function messageIn(block: string): SseMessage | null {
  let [event, data] = ["message", ""]
  for (const line of block.split("\n")) {
    if (line.startsWith("event: ")) event = line.slice(7)
    if (line.startsWith("data: ")) data = line.slice(6)
  }
  return data === "" ? null : { event, data }
}

async function soon<T>(read: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new PtylineError("unavailable", `the server was silent for ${ms} ms`)),
      ms,
    )
  })
  try {
    return await Promise.race([read, late])
  } catch (error) {
    throw error instanceof PtylineError ? error : new PtylineError("unavailable", `cut off: ${String(error)}`)
  } finally {
    clearTimeout(timer)
  }
}
