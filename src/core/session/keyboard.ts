// Input of a session: typed text, pasted text, and answers to terminal queries.

import { PtylineError } from "../lib/errors.ts"
import type { Allowance } from "../lib/rate-limit.ts"
import type { Process } from "./backend.ts"

/** Accepted bytes, the log's end at that time, and a promise that settles when the terminal has them. */
export type Written = { accepted: number; cursor: number; done: Promise<void> }

/** Limit of input queued for a child that does not read, in bytes. */
const MAX_PENDING_INPUT = 16 << 20

/** Bracketed paste: the markers around pasted text. */
const PASTE_START = "\x1b[200~"
const PASTE_END = "\x1b[201~"
/** ESC and CSI. Removed from pasted text: an end marker in it would end the paste. */
const ESCAPES = /[\x1b\x9b]/g

export class Keyboard {
  /** Bytes accepted so far. */
  accepted = 0
  #allowance: Allowance

  constructor(allowance: Allowance) {
    this.#allowance = allowance
  }

  /** Sends bytes; resolves when the terminal has them. Throws `limit_reached` without sending anything. */
  send(process: Process, data: Uint8Array): Promise<void> {
    this.#allowance.demand(data.byteLength)
    if (process.pending() + data.byteLength > MAX_PENDING_INPUT)
      throw new PtylineError(
        "limit_reached",
        `input queue is full: the program has not read ${process.pending()} bytes`,
      )
    const done = Promise.resolve(process.write(data))
    // callers may ignore the promise: no unhandled rejection
    done.catch(() => {})
    this.accepted += data.byteLength
    return done
  }
}

/** Returns what a terminal sends for pasted text: newlines become Enter; `framed` is bracketed paste. */
export function pasted(text: string, framed: boolean): Uint8Array {
  const plain = text.replace(/\r?\n/g, "\r").replace(ESCAPES, "")
  return new TextEncoder().encode(framed ? PASTE_START + plain + PASTE_END : plain)
}

/** Answers a terminal query in place of a terminal. Gives no answer when the input queue is full. */
export function answerQuery(process: Process | null, text: string): void {
  const refused = (error: unknown) => {
    if (!(error instanceof PtylineError)) throw error
  }
  try {
    Promise.resolve(process?.write(new TextEncoder().encode(text))).catch(refused)
  } catch (error) {
    refused(error)
  }
}

/** Whether the program waits for input and none is pending. Throws `invalid_input` when that is unknown. */
export function awaitsInput(process: Process, { label, tty }: { label: string; tty: boolean }): boolean {
  if (process.pending() > 0) return false
  const waits = tty ? process.awaitsInput?.() : null
  if (typeof waits === "boolean") return waits
  const why = tty ? "the system does not report what its program waits for" : "it has no terminal"
  throw new PtylineError("invalid_input", `cannot know whether session ${label} waits for input: ${why}`)
}
