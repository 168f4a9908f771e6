// Input on its way into a terminal, for who records it: only what the terminal echoes.

import { copyOf } from "../../core/lib/memory.ts"
import type { Sink, Spec } from "../../core/session/backend.ts"

/**
 * Sends a piece and reports it, when the session records its input. `echoes` is asked before and after: a program that turns
 * echo off in between, to ask for a secret, keeps it to itself.
 */
export class EchoFilter {
  readonly #report: Sink["input"]
  readonly #echoes: () => boolean

  constructor({ recordInput }: Spec, sink: Sink, echoes: () => boolean) {
    this.#report = recordInput ? sink.input?.bind(sink) : undefined
    this.#echoes = echoes
  }

  send<T>(piece: Uint8Array, send: (piece: Uint8Array) => T): T {
    const echoed = this.#report !== undefined && this.#echoes()
    const sent = send(piece)
    if (echoed && this.#echoes()) this.#report?.(copyOf(piece))
    return sent
  }
}
