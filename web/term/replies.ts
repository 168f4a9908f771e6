// Decides whether the terminal may answer a program's question. Every viewer parses every question; if all of them
// answered, or answered again whenever old output is replayed, the answers would be typed into the program's input.

import type { IDisposable, IFunctionIdentifier, Terminal } from "@xterm/xterm"

/** Sequences after which an xterm may send something by itself: DA, DSR, DECRQM, window reports, XTVERSION, focus mode. */
const CSI: IFunctionIdentifier[] = [
  { final: "c" },
  { prefix: ">", final: "c" },
  { prefix: "=", final: "c" },
  { final: "n" },
  { prefix: "?", final: "n" },
  { intermediates: "$", final: "p" },
  { prefix: "?", intermediates: "$", final: "p" },
  { prefix: ">", final: "q" },
  { prefix: "?", final: "u" },
  { final: "t" },
  { prefix: "?", final: "h" },
]
/** DECRQSS and XTGETTCAP. */
const DCS: IFunctionIdentifier[] = [
  { intermediates: "$", final: "q" },
  { intermediates: "+", final: "q" },
]
/** Colours: the palette, the foreground, the background, the cursor. */
const OSC = [4, 10, 11, 12]

/**
 * Answers come out of `terminal.onData`, where people's keys come out too. A parser hook runs directly before xterm's
 * own handler, so it can mark the data that handler emits; a key press is an event of its own and is never marked.
 */
export class ReplyGate {
  readonly #mayAnswer: () => boolean
  readonly #hooks: IDisposable[]
  #closed = false

  constructor(terminal: Pick<Terminal, "parser">, mayAnswer: () => boolean) {
    this.#mayAnswer = mayAnswer
    const { parser } = terminal
    this.#hooks = [
      ...CSI.map(id => parser.registerCsiHandler(id, () => this.#mark())),
      ...DCS.map(id => parser.registerDcsHandler(id, () => this.#mark())),
      ...OSC.map(id => parser.registerOscHandler(id, () => this.#mark())),
    ]
  }

  /** True while data from the terminal is an answer that must not be sent. */
  get closed(): boolean {
    return this.#closed
  }

  dispose(): void {
    for (const hook of this.#hooks) hook.dispose()
  }

  #mark(): boolean {
    this.#closed = !this.#mayAnswer()
    queueMicrotask(() => {
      this.#closed = false
    })
    return false
  }
}
