// Backend "pipe": stdin, stdout and stderr as separate pipes, without a terminal.

import { spawnChild } from "#runtime/spawn.ts"
import type { Backend, Sink, Spec, Stream } from "../../core/session/backend.ts"
import { ReadCoalescer } from "../../runtime/shared/read-coalescer.ts"
import type { DescriptorReader, SpawnedChild } from "../../runtime/types.ts"
import { spawnFailure } from "../process/failure.ts"
import { LocalProcess } from "../process/local-process.ts"
import { sessionIdOf } from "../process/tree.ts"

/** The size of a Linux pipe. */
const PIECE = 65536
/** One or two writes of most programs. */
const SHORT_READ = 8192

export const pipeBackend: Backend = {
  kind: "pipe",
  tty: false,
  separateStreams: true,
  durable: "default",
  spawn: (spec, sink) => new PipeProcess(spec, sink),
}

class PipeProcess extends LocalProcess {
  #child: SpawnedChild
  #inputEnds = false

  constructor(spec: Spec, sink: Sink) {
    super(PIECE)
    this.#child = this.#spawn(spec, sink)
    this.started(this.#child.pid, sessionIdOf(spec))
    const { stdout, stderr } = this.#child
    const reading = [this.#read(stdout!, "stdout", sink), this.#read(stderr!, "stderr", sink)]
    void Promise.all(reading).then(() => sink.end())
  }

  #spawn(spec: Spec, sink: Sink): SpawnedChild {
    try {
      return spawnChild(spec, { stdin: "piped", stdout: "piped", stderr: "piped" }, (code, signal) => {
        this.exited = true
        sink.exit({ code, signal })
      })
    } catch (error) {
      throw spawnFailure(error, spec, "a pipe")
    }
  }

  write(data: Uint8Array): void {
    if (!this.#inputEnds) this.input.push(data)
  }

  eof(): void {
    this.#inputEnds = true
    this.input.finish(() => this.#child.stdin!.end())
  }

  resize(): void {}

  protected release(): void {
    this.#child.stdout!.close()
    this.#child.stderr!.close()
    this.#child.stdin!.end()
  }

  async #read(from: DescriptorReader, stream: Stream, sink: Sink): Promise<void> {
    const coalescer = new ReadCoalescer(SHORT_READ)
    try {
      for (let bytes = await from.read(); bytes && !this.closed; bytes = await from.read()) {
        sink.output(bytes, stream)
        coalescer.received(bytes.byteLength)
      }
    } finally {
      from.close()
    }
  }

  /** Fails when the child closed its stdin. That is no error of the session: its output and exit go on. */
  protected async send(piece: Uint8Array): Promise<void> {
    try {
      await this.#child.stdin!.write(piece)
    } catch {
      this.input.close()
    }
  }
}
