// Keeps the last lines of a program's output, each cut to a maximum length.

const MAX_LINES = 20
const MAX_LINE_LENGTH = 500

export class LastLines {
  #lines: string[] = []
  #partial = ""
  #decoder = new TextDecoder()

  push(bytes: Uint8Array): void {
    const pieces = (this.#partial + this.#decoder.decode(bytes, { stream: true })).split(/\r\n|[\r\n]/)
    this.#partial = pieces.pop()!.slice(0, MAX_LINE_LENGTH)
    for (const line of pieces.slice(-MAX_LINES)) this.#lines.push(line.slice(0, MAX_LINE_LENGTH))
    this.#lines.splice(0, this.#lines.length - MAX_LINES)
  }

  /** Oldest first; an unfinished line is last. */
  get all(): string[] {
    return [...this.#lines, ...(this.#partial === "" ? [] : [this.#partial])]
  }
}
