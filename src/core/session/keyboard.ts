// The way in: what is typed, pasted or answered on behalf of a terminal reaches the process here.

import { PtylineError } from "../lib/errors.ts"
import type { Allowance } from "../lib/rate-limit.ts"
import type { Process } from "./backend.ts"

/** Input that went in: bytes, the log's end at that moment, and when (or that not) the terminal has it. */
export type Written = { accepted: number; cursor: number; done: Promise<void> }

/** Input that may wait for a child that does not read, in bytes. */
const MAX_PENDING_INPUT = 16 << 20

/** What frames pasted text. */
const PASTE_START = "\x1b[200~"
const PASTE_END = "\x1b[201~"
/** ESC and CSI: text is no keys, and with an end mark in it it could break out of the frame. */
const ESCAPES = /[\x1b\x9b]/g

export class Keyboard {
  /** Bytes it took so far. */
  accepted = 0
  #allowance: Allowance

  constructor(allowance: Allowance) {
    this.#allowance = allowance
  }

  /** Gives bytes to the process; resolves when the terminal has them. Throws `limit_reached` and takes nothing then. */
  send(process: Process, data: Uint8Array): Promise<void> {
    this.#allowance.demand(data.byteLength)
    if (process.pending() + data.byteLength > MAX_PENDING_INPUT)
      throw new PtylineError(
        "limit_reached",
        `${process.pending()} bytes of input still wait for the program to read them`,
      )
    const done = Promise.resolve(process.write(data))
    // whoever does not care for the answer must not make it an unhandled rejection
    done.catch(() => {})
    this.accepted += data.byteLength
    return done
  }
}

/** What a terminal sends for pasted text: newlines become Enter; `framed` when the program asked for that. */
export function pasted(text: string, framed: boolean): Uint8Array {
  const plain = text.replace(/\r?\n/g, "\r").replace(ESCAPES, "")
  return new TextEncoder().encode(framed ? PASTE_START + plain + PASTE_END : plain)
}

/** Answers a terminal query on behalf of a terminal that is not there. Without room for it the question stays open. */
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

/** Does the program wait for input that nobody has given yet? Throws `invalid_input` where that cannot be known. */
export function awaitsInput(process: Process, { label, tty }: { label: string; tty: boolean }): boolean {
  if (process.pending() > 0) return false
  const waits = tty ? process.awaitsInput?.() : null
  if (typeof waits === "boolean") return waits
  const why = tty ? "the system does not tell what its program waits for" : "it has no terminal"
  throw new PtylineError("invalid_input", `whether session ${label} waits for input cannot be known: ${why}`)
}
