// An asciicast file (version 3, docs.asciinema.org/manual/asciicast/v3), written while a program runs.

import { closeSync, openSync, writeSync } from "node:fs"
import { PtylineError } from "../../core/lib/errors.ts"
import { CharacterBuffer, decode } from "../../core/lib/text.ts"
import type { Size } from "../../core/session/backend.ts"

export class CastFile {
  readonly #file: number
  /** Without a terminal, lines end with LF alone; a player needs CR LF. */
  readonly #lineFeeds: boolean
  #last = performance.now()
  #characters = new CharacterBuffer()

  /** Creates the file, readable by its owner only. Throws `denied` with the path. */
  constructor(path: string, size: Size, command: string[], tty: boolean) {
    this.#lineFeeds = !tty
    try {
      this.#file = openSync(path, "w", 0o600)
    } catch (error) {
      throw new PtylineError("denied", `cannot write ${path}: ${(error as NodeJS.ErrnoException).code}`)
    }
    const { cols, rows } = size
    this.#writeLine({
      version: 3,
      term: { cols, rows, type: "xterm-256color" },
      timestamp: Math.floor(Date.now() / 1000),
      command: command.join(" "),
    })
  }

  output(bytes: Uint8Array): void {
    const whole = this.#characters.push(bytes)
    if (whole.length > 0) this.#text(decode(whole))
  }

  resize({ cols, rows }: Size): void {
    this.#event("r", `${cols}x${rows}`)
  }

  /** Writes the exit event and closes the file. */
  end(status: number): void {
    if (this.#characters.rest.length > 0) this.#text(decode(this.#characters.rest))
    this.#event("x", `${status}`)
    closeSync(this.#file)
  }

  #text(text: string): void {
    this.#event("o", this.#lineFeeds ? text.replace(/\r?\n/g, "\r\n") : text)
  }

  #event(code: "o" | "r" | "x", data: string): void {
    const now = performance.now()
    this.#writeLine([Math.round(now - this.#last) / 1000, code, data])
    this.#last = now
  }

  #writeLine(value: unknown): void {
    writeSync(this.#file, `${JSON.stringify(value)}\n`)
  }
}
