// MOP's input: from a client's `stdin` to bytes, and the wait until they are handed over (contract mop, 3.4).

import { delay } from "../../../core/lib/wake.ts"
import type { Session } from "../../../core/session/session.ts"
import { MopError } from "../responses.ts"
import { fromBase64, type Waiver } from "./waivers.ts"

/** How long a write waits for a program that does not read its input, in ms. */
const WRITE_TIMEOUT_MS = 10_000

/** Returns the input bytes of a private session. Throws 400 for invalid Base64 with B64_STDIN. */
export function inputOf(stdin: string, newline: boolean, waivers: ReadonlySet<Waiver>): Uint8Array {
  const bytes = waivers.has("B64_STDIN") ? fromBase64(stdin) : Buffer.from(stdin)
  if (!bytes) throw new MopError(400, "Invalid Base64 in stdin")
  const ends = newline || !waivers.has("STREAM_STDIN")
  return ends ? Buffer.concat([bytes, Buffer.from("\n")]) : bytes
}

/** Returns the input bytes of the public session: one line, whether or not the client ended it. */
export const sharedInputOf = (stdin: string): Uint8Array =>
  Buffer.from(/[\r\n]$/.test(stdin) ? stdin : `${stdin}\n`)

/** Waits until the operating system has the first `count` bytes of a session's input. Rejects with 504. */
export async function waitUntilHandedOver(session: Session, count: number, over: AbortSignal): Promise<void> {
  const deadline = performance.now() + WRITE_TIMEOUT_MS
  const waiting = () => session.life.state === "running" && !over.aborted && session.input.handedOver < count
  for (let pause = 1; waiting(); pause = Math.min(50, pause * 2)) {
    if (performance.now() > deadline) throw new MopError(504, "Write operation timed out")
    await delay(pause, over)
  }
}

export function writeError(error: unknown): MopError {
  if (error instanceof MopError) return error
  return new MopError(500, `Failed to write to terminal: ${(error as Error).message}`)
}
