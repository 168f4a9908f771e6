// Backend "pipe": stdin, stdout and stderr as pipes, kept apart; for where no terminal is wanted or to be had.

import type { Backend, ExitStatus, Process, Signal, Sink, Spec, Stream } from "../core/backend.ts"
import { SESSION_VARIABLE } from "../core/policy.ts"
import { spawnFailure } from "./failure.ts"
import { InputQueue } from "./input.ts"
import { Naps } from "./naps.ts"
import { signalGroup } from "./signals.ts"
import { type Root, rootOf, terminateTree } from "./tree.ts"

/** The size of a Linux pipe. */
const PIECE = 65536

/** A write or two of most programs, of the 200 KiB that a pipe keeps. */
const CRUMB = 8192

type Child = Bun.Subprocess<"pipe", "pipe", "pipe">

export const pipeBackend: Backend = {
  kind: "pipe",
  tty: false,
  spawn: (spec, sink) => new PipeProcess(spec, sink),
}

class PipeProcess implements Process {
  readonly pid: number
  #child: Child
  #root: Root
  #input = new InputQueue(PIECE, piece => this.#send(piece))
  #status: ExitStatus | null = null
  #abandon = new AbortController()
  #inputEnds = false
  #closed = false

  constructor(spec: Spec, sink: Sink) {
    this.#child = this.#spawn(spec, sink)
    this.pid = this.#child.pid
    this.#root = rootOf(this.pid, spec.env[SESSION_VARIABLE] ?? "")
    const { stdout, stderr } = this.#child
    void Promise.all([this.#pump(stdout, "stdout", sink), this.#pump(stderr, "stderr", sink)]).then(() =>
      sink.end(),
    )
  }

  #spawn(spec: Spec, sink: Sink): Child {
    try {
      return Bun.spawn(spec.argv, {
        cwd: spec.cwd,
        env: spec.env,
        stdin: "pipe",
        stdout: "pipe",
        stderr: "pipe",
        detached: true,
        onExit: (_, code, signal) => {
          this.#status = { code: signal ? null : code, signal: signal ? String(signal) : null }
          sink.exit(this.#status)
        },
      })
    } catch (error) {
      throw spawnFailure(error, spec, "a pipe")
    }
  }

  write(data: Uint8Array): void {
    if (!this.#inputEnds) this.#input.push(data)
  }

  pending(): number {
    return this.#input.pending
  }

  eof(): void {
    this.#inputEnds = true
    this.#input.finish(() => this.#quietly(() => this.#child.stdin.end()))
  }

  resize(): void {}

  signal(name: Signal): void {
    if (!this.#status) signalGroup(this.pid, name)
  }

  terminate(graceMs: number): Promise<void> {
    return terminateTree(this.#root, graceMs)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#input.close()
    this.#abandon.abort()
    this.#quietly(() => this.#child.stdin.end())
  }

  async #pump(from: ReadableStream<Uint8Array>, stream: Stream, sink: Sink): Promise<void> {
    const reader = from.getReader()
    const naps = new Naps(CRUMB)
    this.#abandon.signal.addEventListener("abort", () => void reader.cancel().catch(() => {}))
    for (;;) {
      const { done, value } = await reader.read()
      if (done || this.#closed) return
      sink.output(value, stream)
      naps.noticed(value.byteLength)
    }
  }

  /** A child that closed its stdin makes this fail; its output and exit go on, so that is not an error of the session. */
  async #send(piece: Uint8Array): Promise<void> {
    try {
      await this.#child.stdin.write(piece)
      await this.#child.stdin.flush()
    } catch {
      this.#input.close()
    }
  }

  #quietly(action: () => unknown): void {
    try {
      void Promise.resolve(action()).catch(() => {})
    } catch {
      // the pipe is closed already
    }
  }
}
