// A session's output as styled lines in scrolling order, produced in pieces for any length.

import { CharacterBuffer, wholeCharacters } from "../../core/lib/text.ts"
import type { Size } from "../../core/session/backend.ts"
import type { OpenEngine, ScreenEngine, ScreenRow } from "../engine.ts"
import { XtermEngine } from "../xterm/engine.ts"

/** Lines kept above the screen, and the smallest number taken at a time. */
const [SCROLLBACK, MIN_LINES] = [10_000, 500]
/** Bytes parsed between two checks for scrolled lines: fewer lines than there is room for. */
const PIECE = 4096

/** Draws output on a screen and returns the lines that scroll off. Progress bars show their last state. */
export class Transcript {
  readonly #engine: ScreenEngine
  #characters = new CharacterBuffer()

  private constructor(engine: ScreenEngine) {
    this.#engine = engine
  }

  static async open(size: Size, open: OpenEngine = XtermEngine.open): Promise<Transcript> {
    return new Transcript(await open(size, SCROLLBACK))
  }

  /** Yields the lines that this output completes. */
  async *output(bytes: Uint8Array): AsyncGenerator<ScreenRow[]> {
    const all = this.#characters.push(bytes)
    for (let at = 0; at < all.length; ) {
      const piece = all.subarray(at, at + PIECE)
      const whole = at + piece.length === all.length ? piece.length : wholeCharacters(piece)
      at += whole
      await this.#engine.write(piece.subarray(0, whole))
      const rows = this.#engine.takeScrolled(MIN_LINES)
      if (rows.length > 0) yield rows
    }
  }

  resize(size: Size): void {
    this.#engine.resize(size)
  }

  /** Returns the remaining lines and frees the engine. */
  close(): ScreenRow[] {
    const rows = this.#engine.takeRest()
    this.#engine.dispose()
    return rows
  }
}
