// The terminal: xterm.js with its addons. Tracks the log offsets of the bytes that it parses.

import { FitAddon } from "@xterm/addon-fit"
import { SearchAddon } from "@xterm/addon-search"
import { UnicodeGraphemesAddon } from "@xterm/addon-unicode-graphemes"
import { type ITerminalOptions, Terminal } from "@xterm/xterm"
import type { Size } from "../../src/core/session/backend.ts"
import type { TerminalBehaviour } from "./behaviour.ts"
import { boundOutput } from "./bounds.ts"
import { wholeLength } from "./characters.ts"
import { documentForCsp, openUnderCsp } from "./csp.ts"
import { loadRenderer } from "./renderer.ts"
import { ReplyGate } from "./replies.ts"
import { scrollByTouch } from "./touch.ts"

export const FONT =
  'ui-monospace, "SF Mono", "JetBrains Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace'

const SCROLLBACK = 10_000

/** `input`: typed text, or a reply that this viewer may send. `parsed`: the offset of the parsed bytes. */
type ScreenEvents = {
  input: (data: Uint8Array<ArrayBuffer>) => void
  parsed: (offset: number) => void
}

export class Screen {
  readonly terminal: Terminal
  readonly search = new SearchAddon()
  readonly element: HTMLElement
  readonly #fit = new FitAddon()
  readonly #gate: ReplyGate
  readonly #disposers: (() => void)[]
  readonly #events: ScreenEvents
  readonly #behaviour: TerminalBehaviour
  /** Bytes before this offset are replay: no replies, and no access to the clipboard. */
  #replayEnd = 0
  #parsed = 0
  #answers = false
  /** Counts logs, so that late callbacks of an earlier log are ignored. */
  #log = 0
  /** True while a snapshot is drawn. Its sequences are not queries of the program. */
  #restoring = false
  /** The start of an incomplete character. */
  #partial: Uint8Array = new Uint8Array(0)

  /** `element` must already be in its document or shadow root. */
  constructor(element: HTMLElement, events: ScreenEvents, behaviour: TerminalBehaviour) {
    this.element = element
    this.#events = events
    this.#behaviour = behaviour
    this.terminal = new Terminal(options(element, behaviour))
    this.#load()
    this.#gate = new ReplyGate(this.terminal, () => this.#isLive() && this.#answers)
    this.terminal.onData(data => this.#gate.closed || events.input(utf8.encode(data)))
    this.terminal.onBinary(data => events.input(latin1(data)))
    openUnderCsp(rootOf(element), () => this.terminal.open(element))
    this.terminal.textarea?.setAttribute("aria-description", "Press Control Shift K to leave the terminal")
    loadRenderer(this.terminal, renderer => element.setAttribute("data-renderer", renderer))
    this.#disposers = [
      behaviour.catchPaste(element, this.terminal),
      scrollByTouch(element, this.terminal),
      behaviour.onAppearance(() => Object.assign(this.terminal.options, behaviour.appearance())),
    ]
  }

  /** The offset up to which bytes have been parsed. */
  get parsed(): number {
    return this.#parsed
  }

  /** Sets the offset before which bytes are replay. */
  expectReplay(end: number): void {
    this.#replayEnd = end
  }

  /** Sets whether the server has chosen this viewer to answer queries. */
  mayAnswer(answers: boolean): void {
    this.#answers = answers
  }

  /** Writes bytes that start at `from`. Splits them where replay ends. */
  write(data: Uint8Array, from: number): void {
    const cut = this.#replayEnd - from
    if (cut > 0 && cut < data.length) {
      this.#writePart(data.subarray(0, cut), from)
      this.#writePart(data.subarray(cut), from + cut)
    } else this.#writePart(data, from)
  }

  /** Continues at `to` after a gap. Cancels an incomplete sequence. */
  skip(to: number): void {
    this.#partial = new Uint8Array(0)
    this.terminal.write("\x18", this.#parsedUpTo(to))
  }

  /** Clears the screen for a log that starts at `from`. The reset also discards bytes not yet parsed. */
  restart(from: number): void {
    this.#newLog()
    this.#parsed = from
    this.terminal.write("\x18\x1bc")
  }

  /** Resets the terminal for the output of a new process. */
  reset(): void {
    this.#partial = new Uint8Array(0)
    this.terminal.write("\x18\x1bc")
  }

  /** Replaces the screen by a snapshot from the server. Bytes continue at `offset`. */
  restore({ data, offset, cols, rows }: Size & { data: string; offset: number }): void {
    this.#newLog()
    this.#restoring = true
    this.resize({ cols, rows })
    const parsed = this.#parsedUpTo(offset)
    const log = this.#log
    this.terminal.write(data, () => {
      if (log === this.#log) this.#restoring = false
      parsed()
    })
  }

  /** Resizes in order: bytes written before are parsed at the old size. */
  resize({ cols, rows }: Size): void {
    const log = this.#log
    this.terminal.write("", () => log === this.#log && this.terminal.resize(cols, rows))
  }

  /**
   * Ends the output. Hides the cursor. The cursor's line now wraps like the others, because no shell will
   * redraw it.
   */
  end(): void {
    this.terminal.options.reflowCursorLine = true
    this.terminal.write("\x1b[?25l")
  }

  /** Returns the size that fits the element, or null while it has no layout. */
  fits(): Size | null {
    const size = this.#fit.proposeDimensions()
    if (!size || !(size.cols > 1) || !(size.rows > 1)) return null
    return { cols: Math.min(size.cols, 1_000), rows: Math.min(size.rows, 1_000) }
  }

  /** Returns the text of scrollback and screen, with wrapped lines joined. */
  text(): string {
    const { active } = this.terminal.buffer
    let text = ""
    for (let y = 0; y < active.length; y++) {
      const line = active.getLine(y)
      const continues = active.getLine(y + 1)?.isWrapped === true
      text += (line?.translateToString(!continues) ?? "") + (continues ? "" : "\n")
    }
    return text.trimEnd()
  }

  dispose(): void {
    this.#log++
    for (const dispose of this.#disposers) dispose()
    this.#gate.dispose()
    this.terminal.dispose()
    this.element.replaceChildren()
  }

  #load(): void {
    for (const addon of [this.#fit, this.search, new UnicodeGraphemesAddon(), this.#behaviour.plainLinks()])
      this.terminal.loadAddon(addon)
    boundOutput(this.terminal)
    this.#behaviour.programClipboard(this.terminal, () => this.#isLive())
  }

  #newLog(): void {
    this.#log++
    this.#restoring = false
    this.#partial = new Uint8Array(0)
  }

  #writePart(data: Uint8Array, from: number): void {
    const bytes = this.#partial.length === 0 ? data : joined(this.#partial, data)
    const whole = wholeLength(bytes)
    this.#partial = bytes.slice(whole)
    this.terminal.write(bytes.subarray(0, whole), this.#parsedUpTo(from + data.length - this.#partial.length))
  }

  #parsedUpTo(offset: number): () => void {
    const log = this.#log
    return () => {
      if (log !== this.#log) return
      this.#parsed = offset
      this.#events.parsed(offset)
    }
  }

  #isLive(): boolean {
    return !this.#restoring && this.#parsed >= this.#replayEnd
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}

const utf8 = new TextEncoder()
/** Mouse reports of the oldest encoding are bytes, not text. */
const latin1 = (data: string) => Uint8Array.from(data, char => char.charCodeAt(0))

const rootOf = (element: HTMLElement) => element.getRootNode() as Document | ShadowRoot

const options = (element: HTMLElement, behaviour: TerminalBehaviour): ITerminalOptions => ({
  allowProposedApi: true,
  cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
  documentOverride: documentForCsp(rootOf(element)),
  fontFamily: FONT,
  lineHeight: 1.15,
  linkHandler: behaviour.markedLinks,
  macOptionIsMeta: true,
  scrollback: SCROLLBACK,
  ...behaviour.appearance(),
})
