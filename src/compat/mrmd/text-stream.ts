// A session's output as text frames for any number of sockets: each byte is decoded once, and every socket sends the same strings.

import { decode, wholeCharacters } from "../../core/lib/text.ts"
import { STALLED_MS } from "../../core/lib/wake.ts"
import type { Session } from "../../core/session/session.ts"
import { cleanStart, REPLAY } from "./replay.ts"

/** One socket's place. `take` sends a frame; `ready` says whether the socket has room for one. */
export interface TextStreamReader {
  offset: number
  ready(): boolean
  take(text: string): void
}

type Piece = { from: number; to: number; text: string }

/** Largest frame, in bytes of output. */
const FRAME = 65536
/** A reader that is further behind skips to the newest output. */
const MAX_BEHIND = 1 << 20
/** How long the start of a character waits for its rest, in ms. */
const CHARACTER_MS = 100
/** What makes a terminal give up the sequence that a skip has cut. */
const CANCEL = "\x18"

const streams = new WeakMap<Session, TextStream>()

/** The stream of a session, for as long as somebody reads it. */
export function textStreamOf(session: Session): TextStream {
  const stream = streams.get(session) ?? new TextStream(session)
  streams.set(session, stream)
  return stream
}

export class TextStream {
  #session: Session
  #readers = new Set<TextStreamReader>()
  /** Decoded output that some reader still needs, without holes; `#end` is where it ends. */
  #pieces: Piece[] = []
  #end: number
  /** Unfinished characters before this offset are given up. */
  #givenUp = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #deaf: (() => void) | null = null
  /** When a reader last had room for something. */
  #roomAt = performance.now()

  constructor(session: Session) {
    this.#session = session
    this.#end = session.log.end
  }

  /** Adds a reader, who then stands where this answers: at the end of the output, or before a character that is not whole yet. */
  join(reader: TextStreamReader): number {
    if (this.#readers.size === 0) this.#begin()
    this.#extend()
    this.#readers.add(reader)
    reader.offset = this.#end
    return this.#end
  }

  leave(reader: TextStreamReader): void {
    this.#readers.delete(reader)
    if (this.#readers.size > 0) return
    this.#deaf?.()
    this.#deaf = null
    this.#pieces = []
    this.#awaitNothing()
  }

  /** Gives one reader what it has room for. */
  serve(reader: TextStreamReader): void {
    this.#serve(reader)
    this.#forget()
  }

  #serve(reader: TextStreamReader): void {
    if (!this.#readers.has(reader) || !reader.ready()) return
    this.#roomAt = performance.now()
    this.#extend()
    this.#skipIfBehind(reader)
    while (reader.offset < this.#end && reader.ready()) {
      const frame = this.#frameAt(reader.offset)
      reader.offset = frame.to
      reader.take(frame.text)
    }
  }

  #begin(): void {
    const { log } = this.#session
    const from = Math.max(log.base, log.end - 3)
    const tail = log.slice(from, log.end - from)
    this.#end = from + wholeCharacters(tail)
    const stalled = () => performance.now() - this.#roomAt > STALLED_MS && !this.#anyReady
    this.#deaf = this.#session.changed.listen(() => this.#pump(), stalled)
  }

  get #anyReady(): boolean {
    return [...this.#readers].some(reader => reader.ready())
  }

  #pump(): void {
    for (const reader of this.#readers) this.#serve(reader)
    this.#forget()
  }

  /** Decodes what has come, up to a character that is not whole yet. */
  #extend(): void {
    const { log } = this.#session
    if (this.#end < log.base || log.end - this.#end > MAX_BEHIND) this.#leap()
    while (this.#end < log.end) {
      const bytes = log.slice(this.#end, FRAME)
      const whole = this.#wholePart(bytes)
      if (whole === 0) return this.#awaitRest()
      this.#awaitNothing()
      this.#pieces.push({ from: this.#end, to: this.#end + whole, text: decode(bytes.subarray(0, whole)) })
      this.#end += whole
    }
  }

  /** Everybody was far behind: the newest output alone is decoded. */
  #leap(): void {
    const { log } = this.#session
    const context = Math.max(log.base, log.end - 2 * REPLAY)
    const bytes = log.slice(context, log.end - context)
    this.#pieces = []
    this.#end = Math.min(log.end, context + cleanStart(bytes, Math.max(0, bytes.length - REPLAY)))
  }

  #wholePart(bytes: Uint8Array): number {
    const final = this.#session.life.closed || this.#end < this.#givenUp
    return final && this.#end + bytes.length === this.#session.log.end ? bytes.length : wholeCharacters(bytes)
  }

  #awaitRest(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#givenUp = this.#session.log.end
      this.#pump()
    }, CHARACTER_MS)
  }

  #awaitNothing(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #skipIfBehind(reader: TextStreamReader): void {
    const first = this.#pieces[0]?.from ?? this.#end
    if (reader.offset >= first && this.#end - reader.offset <= MAX_BEHIND) return
    reader.offset = this.#pieces.find(({ from }) => from >= this.#end - REPLAY)?.from ?? this.#end
    reader.take(CANCEL)
  }

  /** The piece at `offset`, and those behind it that fit into the same frame. */
  #frameAt(offset: number): { text: string; to: number } {
    let i = this.#pieces.findLastIndex(({ from }) => from === offset)
    let { text, to } = this.#pieces[i]!
    for (let next = this.#pieces[++i]; next && next.to - offset <= FRAME; next = this.#pieces[++i]) {
      text += next.text
      to = next.to
    }
    return { text, to }
  }

  /** Drops the pieces that everybody has passed, and those that a skip goes over. */
  #forget(): void {
    let needed = this.#end
    for (const { offset } of this.#readers) needed = Math.min(needed, offset)
    needed = Math.max(needed, this.#end - MAX_BEHIND)
    const kept = this.#pieces.findIndex(({ to }) => to > needed)
    this.#pieces.splice(0, kept < 0 ? this.#pieces.length : kept)
  }
}
