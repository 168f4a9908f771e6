// Backend "pipe": stdin, stdout and stderr as pipes, kept apart; for where no terminal is wanted or to be had.

import { closeSync } from "node:fs"
import { SESSION_VARIABLE } from "../../core/access/policy.ts"
import type { Backend, ExitStatus, Process, Signal, Sink, Spec, Stream } from "../../core/session/backend.ts"
import { spawnFailure } from "../process/failure.ts"
import { signalGroup } from "../process/signals.ts"
import { type Root, rootOf, terminateTree } from "../process/tree.ts"
import { InputQueue } from "../terminal/input.ts"
import { ReadCoalescer } from "../terminal/read-coalescer.ts"
import { closeAll, closeTheirs, makePipes, type Pipes } from "./pipes.ts"

/** The size of a Linux pipe. */
const PIECE = 65536

/** A write or two of most programs, of the 200 KiB that a pipe keeps. */
const CRUMB = 8192

type Source = { stream: ReadableStream<Uint8Array>; descriptor?: number }

export const pipeBackend: Backend = {
  kind: "pipe",
  tty: false,
  spawn: (spec, sink) => new PipeProcess(spec, sink),
}

class PipeProcess implements Process {
  readonly pid: number
  #root: Root
  #stdin: { sink: Bun.FileSink; descriptor?: number } | null
  #input = new InputQueue(PIECE, piece => this.#send(piece))
  #status: ExitStatus | null = null
  #abandon = new AbortController()
  #inputEnds = false
  #closed = false

  constructor(spec: Spec, sink: Sink) {
    const pipes = makePipes()
    const child = this.#spawn(spec, sink, pipes)
    this.pid = child.pid
    this.#root = rootOf(this.pid, spec.env[SESSION_VARIABLE] ?? "")
    this.#stdin = pipes
      ? { sink: Bun.file(pipes.stdin.ours).writer(), descriptor: pipes.stdin.ours }
      : { sink: child.stdin as Bun.FileSink }
    const source = (name: "stdout" | "stderr"): Source => {
      const descriptor = pipes?.[name].ours
      return descriptor === undefined
        ? { stream: child[name] as ReadableStream<Uint8Array> }
        : { stream: Bun.file(descriptor).stream(), descriptor }
    }
    const pumps = [this.#pump(source("stdout"), "stdout", sink), this.#pump(source("stderr"), "stderr", sink)]
    void Promise.all(pumps).then(() => sink.end())
  }

  #spawn(spec: Spec, sink: Sink, pipes: Pipes | null): Bun.Subprocess {
    try {
      const child = Bun.spawn(spec.argv, {
        cwd: spec.cwd,
        env: spec.env,
        stdin: pipes?.stdin.theirs ?? "pipe",
        stdout: pipes?.stdout.theirs ?? "pipe",
        stderr: pipes?.stderr.theirs ?? "pipe",
        detached: true,
        onExit: (_, code, signal) => {
          this.#status = { code: signal ? null : code, signal: signal ? String(signal) : null }
          sink.exit(this.#status)
        },
      })
      closeTheirs(pipes)
      return child
    } catch (error) {
      closeAll(pipes)
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
    this.#input.finish(() => this.#endInput())
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
    this.#endInput()
  }

  async #pump(from: Source, stream: Stream, sink: Sink): Promise<void> {
    const reader = from.stream.getReader()
    const naps = new ReadCoalescer(CRUMB)
    this.#abandon.signal.addEventListener("abort", () => void reader.cancel().catch(() => {}))
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (done || this.#closed) return
        sink.output(value, stream)
        naps.noticed(value.byteLength)
      }
    } finally {
      // Bun reads through a copy of it
      if (from.descriptor !== undefined) closeSync(from.descriptor)
    }
  }

  /** A child that closed its stdin makes this fail; its output and exit go on, so that is not an error of the session. */
  async #send(piece: Uint8Array): Promise<void> {
    try {
      await this.#stdin?.sink.write(piece)
      await this.#stdin?.sink.flush()
    } catch {
      this.#input.close()
    }
  }

  #endInput(): void {
    const input = this.#stdin
    this.#stdin = null
    // it may be closed already, from the other side
    const letGo = () => {
      if (input?.descriptor !== undefined) closeSync(input.descriptor)
    }
    if (input) Promise.resolve(input.sink.end()).then(letGo, letGo)
  }
}
