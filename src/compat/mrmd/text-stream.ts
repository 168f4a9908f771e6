// A session's output as text frames for all its sockets: each byte is decoded once.

import { decode, wholeText } from "../../core/lib/text.ts"
import { STALLED_MS } from "../../core/lib/wake.ts"
import { unfinishedAt } from "../../core/log/text.ts"
import type { Session } from "../../core/session/session.ts"
import { cleanStart, REPLAY } from "./replay.ts"

/** The position of one socket. */
export interface TextStreamReader {
  offset: number
  /** Whether the socket has room for a frame. */
  ready(): boolean
  send(text: string): void
}

type Piece = { from: number; to: number; text: string }

const FRAME = 65536
/** A reader that lags by more bytes than this skips to the newest output. */
const MAX_LAG = 1 << 20
/** How long the start of a character waits for its rest, in ms. */
const CHARACTER_MS = 100
/** Makes a terminal abort the escape sequence that a skip cut. */
const CANCEL = "\x18"

const streams = new WeakMap<Session, TextStream>()

/** Returns the session's only text stream. */
export function textStreamOf(session: Session): TextStream {
  const stream = streams.get(session) ?? new TextStream(session)
  streams.set(session, stream)
  return stream
}

export class TextStream {
  #session: Session
  #readers = new Set<TextStreamReader>()
  /** Decoded output that a reader still needs, without holes. `#end` is its end. */
  #pieces: Piece[] = []
  #end: number
  /** Incomplete characters before this offset are decoded as they are. */
  #givenUp = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #unsubscribe: (() => void) | null = null
  /** When a reader last had room for a frame. */
  #roomAt = performance.now()

  constructor(session: Session) {
    this.#session = session
    this.#end = session.log.end
  }

  /** Adds a reader at the end of the output, before an incomplete character. Returns its offset. */
  join(reader: TextStreamReader): number {
    if (this.#readers.size === 0) this.#start()
    this.#decode()
    this.#readers.add(reader)
    reader.offset = this.#end
    return this.#end
  }

  leave(reader: TextStreamReader): void {
    this.#readers.delete(reader)
    if (this.#readers.size > 0) return
    this.#unsubscribe?.()
    this.#unsubscribe = null
    this.#pieces = []
    this.#stopTimer()
  }

  /** Sends a reader the output that it has room for. */
  serve(reader: TextStreamReader): void {
    this.#serve(reader)
    this.#dropRead()
  }

  #serve(reader: TextStreamReader): void {
    if (!this.#readers.has(reader) || !reader.ready()) return
    this.#roomAt = performance.now()
    this.#decode()
    this.#skipIfLagging(reader)
    while (reader.offset < this.#end && reader.ready()) {
      const frame = this.#frameAt(reader.offset)
      reader.offset = frame.to
      reader.send(frame.text)
    }
  }

  #start(): void {
    const { log } = this.#session
    this.#end = log.end - unfinishedAt(log, log.base, log.end)
    const stalled = () => performance.now() - this.#roomAt > STALLED_MS && !this.#anyReady
    this.#unsubscribe = this.#session.changed.listen(() => this.#serveAll(), stalled)
  }

  get #anyReady(): boolean {
    return [...this.#readers].some(reader => reader.ready())
  }

  #serveAll(): void {
    for (const reader of this.#readers) this.#serve(reader)
    this.#dropRead()
  }

  /** Decodes new output up to an incomplete character. */
  #decode(): void {
    const { log } = this.#session
    if (this.#end < log.base || log.end - this.#end > MAX_LAG) this.#skipToNewest()
    while (this.#end < log.end) {
      const bytes = log.slice(this.#end, FRAME)
      const whole = wholeText(bytes, this.#isLast(bytes))
      if (whole.length === 0) return this.#startTimer()
      this.#stopTimer()
      this.#pieces.push({ from: this.#end, to: this.#end + whole.length, text: decode(whole) })
      this.#end += whole.length
    }
  }

  /** All readers lag too far: only the newest output is decoded. */
  #skipToNewest(): void {
    const { log } = this.#session
    const context = Math.max(log.base, log.end - 2 * REPLAY)
    const bytes = log.slice(context, log.end - context)
    this.#pieces = []
    this.#end = Math.min(log.end, context + cleanStart(bytes, Math.max(0, bytes.length - REPLAY)))
  }

  /** Returns whether no further byte can complete the last character. */
  #isLast(bytes: Uint8Array): boolean {
    const final = this.#session.life.closed || this.#end < this.#givenUp
    return final && this.#end + bytes.length === this.#session.log.end
  }

  #startTimer(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#givenUp = this.#session.log.end
      this.#serveAll()
    }, CHARACTER_MS)
  }

  #stopTimer(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #skipIfLagging(reader: TextStreamReader): void {
    const first = this.#pieces[0]?.from ?? this.#end
    if (reader.offset >= first && this.#end - reader.offset <= MAX_LAG) return
    reader.offset = this.#pieces.find(({ from }) => from >= this.#end - REPLAY)?.from ?? this.#end
    reader.send(CANCEL)
  }

  /** Returns the piece at `offset` joined with the next ones that fit into the frame. */
  #frameAt(offset: number): { text: string; to: number } {
    let i = this.#pieces.findLastIndex(({ from }) => from === offset)
    let { text, to } = this.#pieces[i]!
    for (let next = this.#pieces[++i]; next && next.to - offset <= FRAME; next = this.#pieces[++i]) {
      text += next.text
      to = next.to
    }
    return { text, to }
  }

  /** Drops the pieces that all readers have passed, and those that a skip would jump over. */
  #dropRead(): void {
    let needed = this.#end
    for (const { offset } of this.#readers) needed = Math.min(needed, offset)
    needed = Math.max(needed, this.#end - MAX_LAG)
    const first = this.#pieces.findIndex(({ to }) => to > needed)
    this.#pieces.splice(0, first < 0 ? this.#pieces.length : first)
  }
}
