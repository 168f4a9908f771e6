// Gate for the terminal's replies to queries. Every viewer parses every query. If all viewers replied, or
// replied again to replayed output, the program would get the replies as typed input.

import type { IDisposable, IFunctionIdentifier, Terminal } from "@xterm/xterm"

/** Sequences that xterm may reply to: DA, DSR, DECRQM, window reports, XTVERSION, focus mode. */
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
 * Replies and key presses both come from `terminal.onData`. A parser hook runs directly before xterm's own
 * handler, so it can mark the data that the handler emits. A key press is a separate event, never marked.
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

  /** True while data from the terminal is a reply that must not be sent. */
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
