// Parser hooks for the emulator: record state that it does not expose, and bound counts that would block it.

import type { Terminal } from "@xterm/headless"
import type { ExtraState } from "../render/snapshot.ts"
import type { Core } from "./internals.ts"
import { KeyModes } from "./key-modes.ts"

const MAX_TITLE = 256
/** Palette indexes end at 255; these are the foreground, background and cursor colours (OSC 10 to 12). */
const SPECIAL = [10, 11, 12]

/** Records the title, directory, palette changes, key flags and cursor blinking for snapshots. */
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
    terminal.parser.registerOscHandler(7, data => this.#setDirectory(data))
    for (const final of ["h", "l"])
      core.registerCsiHandler({ prefix: "?", final }, params => this.#modes(params, final === "h"))
    this.#trackColours(terminal)
  }

  get extra(): ExtraState {
    const { title, blink } = this
    return { title, blink, colours: [...this.#colours.values()], cwd: this.#cwd, keyFlags: this.#keys.flags }
  }

  #modes({ params, length }: { params: ArrayLike<number>; length: number }, on: boolean): boolean {
    for (let i = 0; i < length; i++) if (params[i] === 12) this.blink = on
    return false
  }

  #trackColours({ parser }: Terminal): void {
    parser.registerOscHandler(4, data => this.#setPalette(data))
    parser.registerOscHandler(104, data => this.#resetPalette(data))
    for (const number of SPECIAL) {
      parser.registerOscHandler(number, data => this.#setSpecial(number, data))
      parser.registerOscHandler(number + 100, () => this.#resetColour(`${number}`))
    }
    parser.registerEscHandler({ final: "c" }, () => this.#reset())
  }

  /** `4;n;colour;n;colour`: pairs. A question mark is a query. */
  #setPalette(data: string): boolean {
    const fields = data.split(";")
    for (let i = 0; i + 1 < fields.length; i += 2)
      if (/^\d{1,3}$/.test(fields[i]!)) this.#setColour(`4;${Number(fields[i])}`, fields[i + 1]!)
    return false
  }

  /** `10;a;b;c` sets 10, 11 and 12. */
  #setSpecial(first: number, data: string): boolean {
    for (const [i, colour] of data.split(";").entries())
      if (first + i <= 12) this.#setColour(`${first + i}`, colour)
    return false
  }

  #setColour(name: string, colour: string): void {
    if (/^[\w:/#]{1,32}$/.test(colour)) this.#colours.set(name, `\x1b]${name};${colour}\x1b\\`)
  }

  #resetPalette(data: string): boolean {
    if (data === "")
      for (const name of this.#colours.keys()) if (name.startsWith("4;")) this.#colours.delete(name)
    for (const index of data.split(";")) this.#colours.delete(`4;${index}`)
    return false
  }

  #resetColour(name: string): boolean {
    this.#colours.delete(name)
    return false
  }

  /** The working directory that the shell reports, as a URL. */
  #setDirectory(data: string): boolean {
    if (/^[!-~]{0,2048}$/.test(data)) this.#cwd = data
    return false
  }

  #reset(): boolean {
    this.#colours.clear()
    this.#cwd = ""
    this.#keys.reset()
    return false
  }
}

/**
 * Limits repeat counts to a screenful, beyond which they make no difference. The emulator executes counts up
 * to 2,147,483,647 one by one, so a single line of output could block the server.
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

/** `CSI 1 J` in the last corner makes the emulator throw; there it has the same effect as `CSI 2 J`. */
function guardErase(core: Core): void {
  core.registerCsiHandler({ final: "J" }, ({ params }) => {
    const { x, y, lines } = core.buffers.active
    if (params[0] === 1 && x + 1 >= core.cols && y + 1 >= lines.length) params[0] = 2
    return false
  })
}
