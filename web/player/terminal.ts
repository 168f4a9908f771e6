// The player's terminal: shows the recording at any time, forward or backward.

import { FitAddon } from "@xterm/addon-fit"
import { UnicodeGraphemesAddon } from "@xterm/addon-unicode-graphemes"
import { Terminal } from "@xterm/xterm"
import type { Size } from "../../src/core/session/backend.ts"
import { boundOutput } from "../term/bounds.ts"
import { documentForCsp, openUnderCsp } from "../term/csp.ts"
import { plainLinks } from "../term/links.ts"
import { loadRenderer } from "../term/renderer.ts"
import { FONT } from "../term/screen.ts"
import { themeOptions } from "../term/themes.ts"
import { h } from "../ui/dom.ts"
import { isDark, onSettings, settings } from "../ui/settings.ts"
import type { Cast } from "./cast.ts"

/** Characters written at once. A new seek waits for no more than this. */
const PIECE = 65_536
/** Text sizes in pixels. A terminal too large for the smallest one scrolls. */
const TEXT = { smallest: 6, largest: 22 }
/** Cancels an incomplete sequence, ends synchronised output, and resets the terminal. */
const RESET = "\x18\x1b[?2026l\x1bc"

export class PlayerTerminal {
  readonly element: HTMLElement
  readonly terminal: Terminal
  readonly #cast: Cast
  readonly #fit = new FitAddon()
  readonly #box = h("div", { class: "fitbox" })
  readonly #disposers: (() => void)[]
  #next = 0
  #target = 0
  #drawing = false
  #disposed = false

  constructor(cast: Cast) {
    this.#cast = cast
    this.element = h(
      "div",
      { class: "stage", "data-testid": "player-stage" },
      h("div", { class: "scroll" }, this.#box),
    )
    this.terminal = new Terminal({
      ...themeOptions(isDark()),
      allowProposedApi: true,
      cursorInactiveStyle: "outline",
      disableStdin: true,
      documentOverride: documentForCsp(document),
      fontFamily: FONT,
      fontSize: settings().fontSize,
      lineHeight: 1.15,
      screenReaderMode: settings().screenReader,
      scrollback: 1_000,
    })
    for (const addon of [this.#fit, new UnicodeGraphemesAddon(), plainLinks()]) this.terminal.loadAddon(addon)
    boundOutput(this.terminal)
    const watching = new ResizeObserver(() => this.#scale())
    watching.observe(this.element)
    this.#disposers = [() => watching.disconnect(), onSettings(() => this.#restyle())]
  }

  /** Opens the terminal. Call it after the element is in the document. */
  open(): void {
    openUnderCsp(document, () => this.terminal.open(this.#box))
    loadRenderer(this.terminal, renderer => this.#box.setAttribute("data-renderer", renderer))
    // Keys belong to the player. The terminal takes no input.
    this.terminal.attachCustomKeyEventHandler(() => false)
    this.terminal.textarea?.setAttribute("tabindex", "-1")
  }

  /** Shows the time `at`. A later call replaces it. */
  show(at: number): void {
    this.#target = at
    if (!this.#drawing) void this.#drawToTarget()
  }

  /** Returns the screen's text. */
  text(): string {
    const { active } = this.terminal.buffer
    const lines = Array.from({ length: this.terminal.rows }, (_, y) => active.getLine(active.baseY + y))
    return lines
      .map(line => line?.translateToString(true) ?? "")
      .join("\n")
      .trimEnd()
  }

  dispose(): void {
    this.#disposed = true
    for (const dispose of this.#disposers) dispose()
    this.terminal.dispose()
  }

  async #drawToTarget(): Promise<void> {
    this.#drawing = true
    while (
      !this.#disposed &&
      this.#cast.size &&
      (this.#mustRewind || this.#cast.indexAfter(this.#target) !== this.#next)
    ) {
      if (this.#mustRewind) await this.#rewind(this.#cast.size)
      await this.#draw(this.#cast.indexAfter(this.#target))
    }
    this.#drawing = false
    this.element.removeAttribute("data-seeking")
  }

  /** True if later events than the target's have been drawn. */
  get #mustRewind(): boolean {
    return this.#next > this.#cast.indexAfter(this.#target)
  }

  async #rewind(size: Size): Promise<void> {
    this.#next = 0
    await this.#write(RESET)
    this.#resize(size)
  }

  /** Draws some of the events before index `until`: a part of the output, or one new size. */
  async #draw(until: number): Promise<void> {
    if (this.#next === 0 && this.#cast.size) this.#resize(this.#cast.size)
    let text = ""
    for (; this.#next < until && text.length < PIECE; this.#next++) {
      const { code, data } = this.#cast.events[this.#next]!
      if (code === "o") text += data
      if (code !== "r") continue
      await this.#write(text)
      text = ""
      const [cols, rows] = data.split("x").map(Number)
      this.#resize({ cols: cols!, rows: rows! })
    }
    if (this.#next < until) this.element.setAttribute("data-seeking", "")
    await this.#write(text)
  }

  #write(text: string): Promise<void> {
    return new Promise(done => (text === "" ? done() : this.terminal.write(text, done)))
  }

  #resize({ cols, rows }: Size): void {
    if (cols === this.terminal.cols && rows === this.terminal.rows) return
    this.terminal.resize(cols, rows)
    this.#scale()
  }

  #restyle(): void {
    Object.assign(this.terminal.options, themeOptions(isDark()), {
      screenReaderMode: settings().screenReader,
    })
    this.#scale()
  }

  /** Sets the largest text size at which the whole terminal is visible. */
  #scale(): void {
    const fits = this.#fit.proposeDimensions()
    const { cols, rows, options } = this.terminal
    if (!fits || !(fits.cols > 0) || !(fits.rows > 0)) return
    const most = options.fontSize! * Math.min(fits.cols / cols, fits.rows / rows)
    options.fontSize = Math.max(TEXT.smallest, Math.min(Math.floor(most * 2) / 2, TEXT.largest))
  }
}
