// Backend "mixed": a terminal to type on, with stdout and stderr on pipes, so that they stay apart.

import { closeSync } from "node:fs"
import type { Backend, Process, Signal, Sink, Size, Spec, Stream } from "../../core/session/backend.ts"
import { drain, osPipe } from "../pipe/os-pipe.ts"
import { TerminalProcess } from "./backend.ts"

/** Gives the program, whose words follow, the pipes of descriptors 3 and 4 as stdout and stderr. */
const APART = ["/bin/sh", "-c", 'exec "$@" >&3 2>&4 3>&- 4>&-', "sh"]

export const mixedBackend: Backend = {
  kind: "mixed",
  tty: true,
  spawn: (spec, sink) => new MixedProcess(spec, sink),
}

/** What the program writes to its terminal itself, such as a question for a password, belongs to the merged stream alone. */
class MixedProcess implements Process {
  #terminal: TerminalProcess
  #open = 3
  #abandon = new AbortController()

  constructor(spec: Spec, sink: Sink) {
    const one = { ...sink, end: () => this.#ended(sink) }
    const [stdout, stderr] = [osPipe(), osPipe()]
    try {
      const words = { ...spec, argv: [...APART, ...spec.argv] }
      this.#terminal = new TerminalProcess(words, one, [stdout.writer, stderr.writer])
    } catch (error) {
      closeSync(stdout.reader)
      closeSync(stderr.reader)
      throw error
    } finally {
      closeSync(stdout.writer)
      closeSync(stderr.writer)
    }
    void this.#pump(stdout.reader, "stdout", one)
    void this.#pump(stderr.reader, "stderr", one)
  }

  get pid(): number {
    return this.#terminal.pid
  }

  write(data: Uint8Array): void {
    this.#terminal.write(data)
  }

  pending(): number {
    return this.#terminal.pending()
  }

  awaitsInput(): boolean | null {
    return this.#terminal.awaitsInput()
  }

  eof(): void {
    this.#terminal.eof()
  }

  resize(size: Size): void {
    this.#terminal.resize(size)
  }

  signal(name: Signal): void {
    this.#terminal.signal(name)
  }

  terminate(graceMs: number): Promise<void> {
    return this.#terminal.terminate(graceMs)
  }

  close(): void {
    this.#abandon.abort()
    this.#terminal.close()
  }

  #ended(sink: Sink): void {
    this.#open--
    if (this.#open === 0) sink.end()
  }

  async #pump(descriptor: number, name: Stream, sink: Sink): Promise<void> {
    await drain(descriptor, this.#abandon.signal, bytes => sink.output(bytes, name))
    sink.end()
  }
}
