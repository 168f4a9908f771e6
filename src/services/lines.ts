// The last lines that a program printed, each cut to a length: bounded, whatever it prints.

const MOST_LINES = 20
const LONGEST_LINE = 500

export class LastLines {
  #lines: string[] = []
  #open = ""
  #decoder = new TextDecoder()

  push(bytes: Uint8Array): void {
    const pieces = (this.#open + this.#decoder.decode(bytes, { stream: true })).split(/\r\n|[\r\n]/)
    this.#open = pieces.pop()!.slice(0, LONGEST_LINE)
    for (const line of pieces.slice(-MOST_LINES)) this.#lines.push(line.slice(0, LONGEST_LINE))
    this.#lines.splice(0, this.#lines.length - MOST_LINES)
  }

  /** Oldest first; a line that is not ended yet comes last. */
  get all(): string[] {
    return [...this.#lines, ...(this.#open === "" ? [] : [this.#open])]
  }
}
