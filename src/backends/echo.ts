// Backend "echo": returns input as output, without a process. For tests, demos, and as the smallest backend.

import type { Signal } from "../core/lib/units.ts"
import type { Backend, Process, Sink, Spec } from "../core/session/backend.ts"

const EOT = 0x04

export const echoBackend: Backend = {
  kind: "echo",
  tty: false,
  durable: "on_request",
  spawn: (spec, sink) => new EchoProcess(spec, sink),
}

/** Exits with code 0 at the end of input, and as if killed at a signal that ends programs. */
class EchoProcess implements Process {
  readonly pid = 0
  #sink: Sink
  #ended = false

  constructor(_spec: Spec, sink: Sink) {
    this.#sink = sink
  }

  write(data: Uint8Array): void {
    if (this.#ended) return
    const end = data.indexOf(EOT)
    this.#sink.output(data.slice(0, end < 0 ? undefined : end), "stdout")
    if (end >= 0) this.#end({ code: 0, signal: null })
  }

  pending(): number {
    return 0
  }

  eof(): void {
    this.#end({ code: 0, signal: null })
  }

  resize(): void {}

  signal(name: Signal): void {
    if (!["WINCH", "CONT", "TSTP"].includes(name)) this.#end({ code: null, signal: `SIG${name}` })
  }

  async terminate(): Promise<void> {
    this.#end({ code: null, signal: "SIGTERM" })
  }

  close(): void {
    this.#ended = true
  }

  #end(status: { code: number | null; signal: string | null }): void {
    if (this.#ended) return
    this.#ended = true
    this.#sink.end()
    this.#sink.exit(status)
  }
}
