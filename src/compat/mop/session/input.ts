// From a client's `stdin` to bytes, and whether the program's side has taken them (contract mop, 3.4).

import { delay } from "../../../core/lib/wake.ts"
import type { Session } from "../../../core/session/session.ts"
import { MopError } from "../responses.ts"
import { fromBase64, type Waiver } from "./waivers.ts"

/** How long a program may leave its input unread before a write is given up, in ms. */
const PATIENCE_MS = 10_000

/** The bytes of a private session's input. Throws 400 for what is no Base64 under B64_STDIN. */
export function inputOf(stdin: string, newline: boolean, waivers: ReadonlySet<Waiver>): Uint8Array {
  const bytes = waivers.has("B64_STDIN") ? fromBase64(stdin) : Buffer.from(stdin)
  if (!bytes) throw new MopError(400, "Invalid Base64 in stdin")
  const ends = newline || !waivers.has("STREAM_STDIN")
  return ends ? Buffer.concat([bytes, Buffer.from("\n")]) : bytes
}

/** Clients of the public session end their lines or not; both get one line each. */
export const sharedInputOf = (stdin: string): Uint8Array =>
  Buffer.from(/[\r\n]$/.test(stdin) ? stdin : `${stdin}\n`)

/** Waits until the system has the first `count` bytes of a session's input. Rejects with 504. */
export async function handedOver(session: Session, count: number, over: AbortSignal): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  const waits = () => session.life.state === "running" && !over.aborted && session.input.handedOver < count
  for (let pause = 1; waits(); pause = Math.min(50, pause * 2)) {
    if (performance.now() > deadline) throw new MopError(504, "Write operation timed out")
    await delay(pause, over)
  }
}

/** What went wrong with a write, in the contract's words. */
export function writeError(error: unknown): MopError {
  if (error instanceof MopError) return error
  return new MopError(500, `Failed to write to terminal: ${(error as Error).message}`)
}
