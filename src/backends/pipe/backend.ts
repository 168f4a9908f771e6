// Backend "pipe": stdin, stdout and stderr as separate pipes, without a terminal.

import { closeSync } from "node:fs"
import type { Backend, Sink, Spec, Stream } from "../../core/session/backend.ts"
import { spawnFailure } from "../process/failure.ts"
import { exitStatus, LocalProcess } from "../process/local-process.ts"
import { closePipes, closeTheirs, makePipes, type Pipes } from "../process/pipes.ts"
import { sessionIdOf } from "../process/tree.ts"
import { ReadCoalescer } from "../terminal/read-coalescer.ts"

/** The size of a Linux pipe. */
const PIECE = 65536
/** One or two writes of most programs. */
const SHORT_READ = 8192

type Source = { stream: ReadableStream<Uint8Array>; descriptor?: number }

export const pipeBackend: Backend = {
  kind: "pipe",
  tty: false,
  separateStreams: true,
  durable: "default",
  spawn: (spec, sink) => new PipeProcess(spec, sink),
}

class PipeProcess extends LocalProcess {
  #stdin: { sink: Bun.FileSink; descriptor?: number } | null
  #stop = new AbortController()
  #inputEnds = false

  constructor(spec: Spec, sink: Sink) {
    super(PIECE)
    const pipes = makePipes()
    const child = this.#spawn(spec, sink, pipes)
    this.started(child.pid, sessionIdOf(spec))
    this.#stdin = pipes
      ? { sink: Bun.file(pipes.stdin.ours).writer(), descriptor: pipes.stdin.ours }
      : { sink: child.stdin as Bun.FileSink }
    const source = (name: "stdout" | "stderr"): Source => {
      const descriptor = pipes?.[name].ours
      return descriptor === undefined
        ? { stream: child[name] as ReadableStream<Uint8Array> }
        : { stream: Bun.file(descriptor).stream(), descriptor }
    }
    const reading = [
      this.#read(source("stdout"), "stdout", sink),
      this.#read(source("stderr"), "stderr", sink),
    ]
    void Promise.all(reading).then(() => sink.end())
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
          this.exited = true
          sink.exit(exitStatus(code, signal))
        },
      })
      closeTheirs(pipes)
      return child
    } catch (error) {
      closePipes(pipes)
      throw spawnFailure(error, spec, "a pipe")
    }
  }

  write(data: Uint8Array): void {
    if (!this.#inputEnds) this.input.push(data)
  }

  eof(): void {
    this.#inputEnds = true
    this.input.finish(() => this.#endInput())
  }

  resize(): void {}

  protected release(): void {
    this.#stop.abort()
    this.#endInput()
  }

  async #read(from: Source, stream: Stream, sink: Sink): Promise<void> {
    const reader = from.stream.getReader()
    const coalescer = new ReadCoalescer(SHORT_READ)
    this.#stop.signal.addEventListener("abort", () => void reader.cancel().catch(() => {}))
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (done || this.closed) return
        sink.output(value, stream)
        coalescer.received(value.byteLength)
      }
    } finally {
      // Bun reads a duplicate of it
      if (from.descriptor !== undefined) closeSync(from.descriptor)
    }
  }

  /** Fails when the child closed its stdin. That is no error of the session: its output and exit go on. */
  protected async send(piece: Uint8Array): Promise<void> {
    try {
      await this.#stdin?.sink.write(piece)
      await this.#stdin?.sink.flush()
    } catch {
      this.input.close()
    }
  }

  #endInput(): void {
    const stdin = this.#stdin
    this.#stdin = null
    const release = () => {
      if (stdin?.descriptor !== undefined) closeSync(stdin.descriptor)
    }
    // fails when the child closed its side first
    if (stdin) Promise.resolve(stdin.sink.end()).then(release, release)
  }
}
