// What a session printed, as a person would have seen it scroll by: lines with their looks, in pieces, at any length.

import { CharacterBuffer, wholeCharacters } from "../../core/lib/text.ts"
import type { Size } from "../../core/session/backend.ts"
import type { OpenEngine, ScreenEngine, ScreenRow } from "../engine.ts"
import { XtermEngine } from "../xterm/engine.ts"

/** Room for lines above the screen, and how many of them are taken at a time. */
const [SCROLLBACK, ENOUGH] = [10_000, 500]
/** Parsed between two looks at how much has scrolled off, in bytes: fewer lines than there is room for. */
const PIECE = 4096

/** Draws output on a screen and gives away the lines that scroll off it. Progress bars and the like are lines as they ended. */
export class Transcript {
  readonly #engine: ScreenEngine
  #characters = new CharacterBuffer()

  private constructor(engine: ScreenEngine) {
    this.#engine = engine
  }

  static async open(size: Size, open: OpenEngine = XtermEngine.open): Promise<Transcript> {
    return new Transcript(await open(size, SCROLLBACK))
  }

  /** The lines that are finished by this output, in pieces. */
  async *output(bytes: Uint8Array): AsyncGenerator<ScreenRow[]> {
    const all = this.#characters.push(bytes)
    for (let at = 0; at < all.length; ) {
      const piece = all.subarray(at, at + PIECE)
      const whole = at + piece.length === all.length ? piece.length : wholeCharacters(piece)
      at += whole
      await this.#engine.write(piece.subarray(0, whole))
      const rows = this.#engine.takeScrolled(ENOUGH)
      if (rows.length > 0) yield rows
    }
  }

  resize(size: Size): void {
    this.#engine.resize(size)
  }

  /** The lines that were not finished, and the end. */
  close(): ScreenRow[] {
    const rows = this.#engine.takeRest()
    this.#engine.dispose()
    return rows
  }
}
