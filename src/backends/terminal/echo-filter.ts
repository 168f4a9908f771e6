// Filter for recorded input: only input that the terminal echoes.

import { copyOf } from "../../core/lib/memory.ts"
import type { Sink, Spec } from "../../core/session/backend.ts"

/**
 * Sends input and reports it to the sink when the session records input. Asks `echoes` before and after each
 * piece: a program that turns echo off in between, to ask for a secret, keeps that secret.
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
