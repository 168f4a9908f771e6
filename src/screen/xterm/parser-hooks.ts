// What the emulator forgets or would do without measure: hooks in its parser that note the one down and bound the other.

import type { Terminal } from "@xterm/headless"
import type { Noted } from "../render/snapshot.ts"
import type { Core } from "./internals.ts"
import { KeyModes } from "./key-modes.ts"

const MAX_TITLE = 256
/** Palette numbers end at 255; these stand for the foreground, background and cursor colour (OSC 10 to 12). */
const SPECIAL = [10, 11, 12]

/** Keeps the title, the palette changes and the wish for a blinking cursor, as a snapshot needs them. */
export class ParserHooks {
  title = ""
  blink: boolean | null = null
  #colours = new Map<string, string>()
  #cwd = ""
  readonly #keys: KeyModes

  constructor(terminal: Terminal, core: Core) {
    terminal.onTitleChange(title => {
      this.title = title.replace(/\p{Cc}/gu, "").slice(0, MAX_TITLE)
    })
    this.#keys = new KeyModes(terminal, core)
    terminal.parser.registerOscHandler(7, data => this.#directory(data))
    for (const final of ["h", "l"])
      core.registerCsiHandler({ prefix: "?", final }, params => this.#modes(params, final === "h"))
    this.#keepColours(terminal)
  }

  get noted(): Noted {
    const { title, blink } = this
    return { title, blink, colours: [...this.#colours.values()], cwd: this.#cwd, keys: this.#keys.flags }
  }

  #modes({ params, length }: { params: ArrayLike<number>; length: number }, on: boolean): boolean {
    for (let i = 0; i < length; i++) if (params[i] === 12) this.blink = on
    return false
  }

  #keepColours({ parser }: Terminal): void {
    parser.registerOscHandler(4, data => this.#indexed(data))
    parser.registerOscHandler(104, data => this.#restored(data))
    for (const number of SPECIAL) {
      parser.registerOscHandler(number, data => this.#special(number, data))
      parser.registerOscHandler(number + 100, () => this.#drop(`${number}`))
    }
    parser.registerEscHandler({ final: "c" }, () => this.#forget())
  }

  /** `4;n;colour;n;colour`: pairs; a question mark asks. */
  #indexed(data: string): boolean {
    const words = data.split(";")
    for (let i = 0; i + 1 < words.length; i += 2)
      if (/^\d{1,3}$/.test(words[i]!)) this.#keep(`4;${Number(words[i])}`, words[i + 1]!)
    return false
  }

  /** `10;a;b;c` sets 10, 11 and 12. */
  #special(first: number, data: string): boolean {
    for (const [i, colour] of data.split(";").entries())
      if (first + i <= 12) this.#keep(`${first + i}`, colour)
    return false
  }

  #keep(name: string, colour: string): void {
    if (/^[\w:/#]{1,32}$/.test(colour)) this.#colours.set(name, `\x1b]${name};${colour}\x1b\\`)
  }

  #restored(data: string): boolean {
    if (data === "")
      for (const name of this.#colours.keys()) if (name.startsWith("4;")) this.#colours.delete(name)
    for (const index of data.split(";")) this.#colours.delete(`4;${index}`)
    return false
  }

  #drop(name: string): boolean {
    this.#colours.delete(name)
    return false
  }

  /** The directory that the shell says it is in, as a URL. */
  #directory(data: string): boolean {
    if (/^[!-~]{0,2048}$/.test(data)) this.#cwd = data
    return false
  }

  #forget(): boolean {
    this.#colours.clear()
    this.#cwd = ""
    this.#keys.forget()
    return false
  }
}

/**
 * A count may be two thousand million, and the emulator does it that often: one line of output would stop the server. Beyond
 * a screenful it makes no difference, so that is where counts end.
 */
export function boundCounts(core: Core): void {
  const bound = (final: string, most: () => number) =>
    core.registerCsiHandler({ final }, ({ params }) => {
      params[0] = Math.min(params[0]!, most())
      return false
    })
  for (const final of ["L", "M", "S", "T"]) bound(final, () => core.rows)
  for (const final of ["I", "Z"]) bound(final, () => core.cols)
  bound("b", () => core.rows * core.cols)
  guardErase(core)
}

/** "Erase up to here" in the last corner makes the emulator fail; there it is the same as "erase all". */
function guardErase(core: Core): void {
  core.registerCsiHandler({ final: "J" }, ({ params }) => {
    const { x, y, lines } = core.buffers.active
    if (params[0] === 1 && x + 1 >= core.cols && y + 1 >= lines.length) params[0] = 2
    return false
  })
}
