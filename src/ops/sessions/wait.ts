// Waiting for a session: for its exit, for text, for silence, or until its program waits for input.
// Waiting never consumes output.

import { decode, stripEscapes } from "../../core/lib/text.ts"
import { delay } from "../../core/lib/wake.ts"
import type { Session } from "../../core/session/session.ts"
import { Haystack, literal, type Match, regex } from "../output/match.ts"

type Until = { exit?: boolean; match?: string[]; regex?: string[]; idle_ms?: number; input?: boolean }
type Outcome = "exit" | "match" | "idle" | "input" | "timeout" | "cancelled"
type WaitResult = { outcome: Outcome; match: Match | null; cursor: number; data: string }

/** Output searched per turn of the event loop, in bytes: a slow pattern must not block the server. */
const SLICE_BYTES = 8192
/** Interval between two checks whether the program is blocked reading, in ms. */
const POLL_MS = 30
/** Limit of the output that is returned with the result, in bytes. */
const DATA_BYTES = 65536

/** Resolves with the first of: a match, the exit, silence, a read of the terminal, the timeout, an abort. */
export async function waitFor(
  session: Session,
  until: Until,
  from: number,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<WaitResult> {
  const patterns = [...(until.match ?? []).map(literal), ...(until.regex ?? []).map(regex)]
  const haystack = new Haystack(patterns, Math.max(from, session.log.base))
  const deadline = performance.now() + timeoutMs
  const silence = new Silence(session, until.idle_ms)
  const inputWait = until.input ? new InputWait(session) : null
  const done = (outcome: Outcome, match: Match | null = null, cursor = session.log.end): WaitResult => ({
    outcome,
    match,
    cursor,
    data: textBetween(session, from, cursor),
  })
  for (;;) {
    const found = patterns.length > 0 ? search(session, haystack) : null
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
    if (inputWait?.confirmed()) return done("input")
    const next = inputWait ? POLL_MS : quiet
    await session.changed.wait(signal, Math.min(next, quiet, deadline - performance.now()))
  }
}

function search(
  session: Session,
  haystack: Haystack,
): { match: Match | null; offset: number; more: boolean } {
  const { log } = session
  if (haystack.offset < log.base) haystack.skipTo(log.base)
  const before = haystack.offset
  const bytes = log.slice(before, SLICE_BYTES)
  const atEnd = before + bytes.length === log.end
  const found = haystack.add(bytes, atEnd && session.life.closed)
  if (!atEnd && haystack.offset === before) haystack.skipTo(before + 2)
  return { match: found?.match ?? null, offset: found?.offset ?? haystack.offset, more: !atEnd }
}

/** A timer that restarts with every output. */
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

  /** Returns the time until the silence is long enough, in ms. 0 or less: it is. */
  left(): number {
    if (this.#session.log.end !== this.#end) {
      this.#end = this.#session.log.end
      this.#since = performance.now()
    }
    return this.#since + this.#ms - performance.now()
  }
}

/** Two checks must find it blocked, without output between: input and output may still be on their way. */
class InputWait {
  #session: Session
  #blocked: { at: number; end: number } | null = null
  #polledAt = Number.NEGATIVE_INFINITY

  constructor(session: Session) {
    this.#session = session
  }

  /** Throws as `Session.awaitsInput` does. */
  confirmed(): boolean {
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
