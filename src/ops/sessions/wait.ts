// Waiting for a session: for its exit, for text, for silence, for its program's wish for input. It looks and never takes anything away.

import { decode, stripEscapes } from "../../core/lib/text.ts"
import { delay } from "../../core/lib/wake.ts"
import type { Session } from "../../core/session/session.ts"
import { Haystack, literal, type Match, regex } from "../output/match.ts"

export type Until = { exit?: boolean; match?: string[]; regex?: string[]; idle_ms?: number; input?: boolean }
export type Outcome = "exit" | "match" | "idle" | "input" | "timeout" | "cancelled"
export type WaitResult = { outcome: Outcome; match: Match | null; cursor: number; data: string }

/** Output searched per turn of the event loop, in bytes: keeps a flood with a slow pattern from holding the server. */
const SLICE_BYTES = 8192
/** Pause between two looks at what the program is blocked in, in ms. */
const POLL_MS = 30
/** At most this much of the output up to the cursor is given back, in bytes. */
const DATA_BYTES = 65536

/** Resolves with the first of: a match, the exit, silence, the time limit, the caller's leaving. */
export async function waitFor(
  session: Session,
  until: Until,
  from: number,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<WaitResult> {
  const patterns = [...(until.match ?? []).map(literal), ...(until.regex ?? []).map(regex)]
  const hay = new Haystack(patterns, Math.max(from, session.log.base))
  const deadline = performance.now() + timeoutMs
  const silence = new Silence(session, until.idle_ms)
  const request = until.input ? new InputRequest(session) : null
  const done = (outcome: Outcome, match: Match | null = null, cursor = session.log.end): WaitResult => ({
    outcome,
    match,
    cursor,
    data: textBetween(session, from, cursor),
  })
  for (;;) {
    const found = patterns.length > 0 ? search(session, hay) : null
    if (found?.match) return done("match", found.match, found.offset)
    if (signal.aborted || session.life.state === "removed") return done("cancelled")
    if (performance.now() >= deadline) return done("timeout")
    if (found?.more) {
      await delay(1, signal)
      continue
    }
    if (session.life.closed) return done("exit")
    const quiet = silence.left()
    if (quiet <= 0) return done("idle")
    if (request?.seen()) return done("input")
    const next = request ? POLL_MS : quiet
    await session.changed.wait(signal, Math.min(next, quiet, deadline - performance.now()))
  }
}

/** Looks at one slice of what was not searched yet. */
function search(session: Session, hay: Haystack): { match: Match | null; offset: number; more: boolean } {
  const { log } = session
  if (hay.offset < log.base) hay.skipTo(log.base)
  const before = hay.offset
  const bytes = log.slice(before, SLICE_BYTES)
  const atEnd = before + bytes.length === log.end
  const found = hay.add(bytes, atEnd && session.life.closed)
  if (!atEnd && hay.offset === before) hay.skipTo(before + 2)
  return { match: found?.match ?? null, offset: found?.offset ?? hay.offset, more: !atEnd }
}

/** How long nothing has been printed, counted from the start of the wait. */
class Silence {
  #session: Session
  #ms: number
  #end: number
  #since = performance.now()

  constructor(session: Session, ms = Number.POSITIVE_INFINITY) {
    this.#session = session
    this.#ms = ms
    this.#end = session.log.end
  }

  /** Ms until the silence is long enough; 0 or less when it is. */
  left(): number {
    if (this.#session.log.end !== this.#end) {
      this.#end = this.#session.log.end
      this.#since = performance.now()
    }
    return this.#since + this.#ms - performance.now()
  }
}

/**
 * The program's wish for input, seen twice in a row with a pause and no output between: what was typed a moment ago may still be
 * on its way to the program, and its last words may be on their way to the log.
 */
class InputRequest {
  #session: Session
  #blocked: { at: number; end: number } | null = null
  #polledAt = Number.NEGATIVE_INFINITY

  constructor(session: Session) {
    this.#session = session
  }

  /** Throws as `Session.awaitsInput` does. */
  seen(): boolean {
    const now = performance.now()
    if (this.#session.life.state !== "running" || now - this.#polledAt < POLL_MS - 1) return false
    this.#polledAt = now
    const { end } = this.#session.log
    const before = this.#blocked
    this.#blocked = this.#session.awaitsInput() ? { at: now, end } : null
    return this.#blocked !== null && before?.end === end
  }
}

function textBetween(session: Session, from: number, to: number): string {
  const start = Math.max(from, session.log.base, to - DATA_BYTES)
  return decode(stripEscapes(session.log.slice(start, to - start), true).bytes)
}
