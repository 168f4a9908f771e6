// Backend "terminal": a PTY from Bun.

import type { Backend, Sink, Size, Spec } from "../../core/session/backend.ts"
import { spawnFailure } from "../process/failure.ts"
import { exitStatus } from "../process/local-process.ts"
import { sessionIdOf } from "../process/tree.ts"
import { BurstReader } from "./burst-reader.ts"
import { EchoFilter } from "./echo-filter.ts"
import { FLOOD_READ, FloodedTerminal } from "./flood.ts"
import { Gate } from "./gate.ts"
import { ReadCoalescer } from "./read-coalescer.ts"
import { ECHO, ICANON, RAW } from "./termios.ts"
import { TtyProcess } from "./tty-process.ts"

/** Bun 1.4 reports writes of up to 4,095 bytes with `drain`; between 4,096 and about 10,000 it does not. */
const PIECE = 4095
/** A terminal buffers about 8 KiB of output; a fast program fills that in one pause of `ReadCoalescer`. */
const SHORT_READ = 2048

export const terminalBackend: Backend = {
  kind: "terminal",
  tty: true,
  durable: "default",
  unavailable: () => (hasTerminals() ? null : `Bun ${Bun.version} has no terminals on this system`),
  spawn: (spec, sink) => new TerminalProcess(spec, sink),
}

/**
 * The same in a holder. A flood blocks nothing else there, so the holder reads it in its only thread: a
 * second thread would use more memory than the rest of the holder.
 */
export const holderTerminalBackend: Backend = {
  ...terminalBackend,
  spawn: (spec, sink) => new TerminalProcess(spec, sink, { floodWorker: false }),
}

/** Bun has terminals since 1.3.5; on Windows since a later version. */
const hasTerminals = (): boolean => typeof Bun.Terminal === "function"

export class TerminalProcess extends TtyProcess {
  #terminal: Bun.Terminal
  #coalescer = new ReadCoalescer(SHORT_READ)
  #drained: (() => void) | null = null
  #echoFilter: EchoFilter
  /** The terminal after a flood moved it to the worker. */
  #flooded: FloodedTerminal | null = null
  #moving = false
  /** In a holder after the first flood; null when unavailable. */
  #burstReader: BurstReader | null | undefined
  readonly #floodWorker: boolean

  /** `inherited`: the child's descriptors from 3 on. `floodWorker`: whether a flood moves to a worker. */
  constructor(spec: Spec, sink: Sink, { inherited = [] as number[], floodWorker = true } = {}) {
    super(PIECE)
    this.#floodWorker = floodWorker
    this.#echoFilter = new EchoFilter(spec, sink, () => (this.#localFlags & ECHO) !== 0)
    const gate = spec.echo && !spec.raw ? null : new Gate(spec, 3 + inherited.length)
    try {
      const gated = gate ? { ...spec, argv: gate.argv } : spec
      const child = this.#spawn(gated, sink, gate ? [...inherited, gate.reader] : inherited)
      this.started(child.pid, sessionIdOf(spec))
      this.#terminal = child.terminal!
      this.#setUp(spec)
    } finally {
      gate?.open()
    }
  }

  get #localFlags(): number {
    return this.closed ? 0 : (this.#flooded ?? this.#terminal).localFlags
  }

  protected get lineMode(): boolean {
    return (this.#localFlags & ICANON) !== 0
  }

  #setUp({ raw, echo }: Spec): void {
    if (!echo) this.#terminal.localFlags &= ~ECHO
    if (!raw) return
    this.#terminal.outputFlags &= ~RAW.output
    this.#terminal.inputFlags &= ~RAW.input
    this.#terminal.localFlags &= ~RAW.local
  }

  #spawn(spec: Spec, sink: Sink, inherited: number[]): Bun.Subprocess {
    try {
      return Bun.spawn(spec.argv, {
        cwd: spec.cwd,
        env: spec.env,
        ...(inherited.length > 0 && { stdio: ["ignore", "ignore", "ignore", ...inherited] }),
        terminal: {
          ...spec.size,
          name: spec.env.TERM,
          data: (_, bytes) => {
            sink.output(bytes, "pty")
            this.#coalescer.received(bytes.byteLength)
            if (!this.#floodWorker) this.#readBurst(bytes.byteLength, sink)
            else if (bytes.byteLength >= FLOOD_READ) this.#moveToWorker(sink)
          },
          exit: () => this.#flooded ?? sink.end(),
          drain: () => this.#drain(),
        },
        onExit: (_, code, signal) => {
          this.exited = true
          sink.exit(exitStatus(code, signal))
        },
      })
    } catch (error) {
      throw spawnFailure(error, spec, "a terminal")
    }
  }

  resize(size: Size): void {
    if (this.closed) return
    if (this.#flooded) this.#flooded.resize(size)
    else this.#terminal.resize(size.cols, size.rows)
  }

  protected release(): void {
    this.#drain()
    this.#terminal.close()
    this.#flooded?.close()
    this.#burstReader?.close()
    this.#burstReader = null
  }

  /** Moves the terminal in the next turn of the event loop: Bun is still reading it in this one. */
  #moveToWorker(sink: Sink): void {
    if (this.#moving) return
    this.#moving = true
    setImmediate(() => {
      // a move would lose the input that Bun has not written yet; the next large read tries again
      this.#moving = this.#drained === null
      if (this.closed || this.exited || !this.#moving) return
      const output = (bytes: Uint8Array) => sink.output(bytes, "pty")
      this.#flooded = FloodedTerminal.takeOver(this.pid, { output, end: () => sink.end() })
      if (this.#flooded) this.#terminal.close()
    })
  }

  /** Reads more after every read that is not short, from the first flood on. */
  #readBurst(length: number, sink: Sink): void {
    if (this.closed || length < (this.#burstReader ? SHORT_READ : FLOOD_READ)) return
    if (this.#burstReader === undefined) this.#burstReader = BurstReader.of(this.pid)
    this.#burstReader?.read(bytes => sink.output(bytes, "pty"))
  }

  protected send(piece: Uint8Array): Promise<void> | undefined {
    return this.#echoFilter.send(piece, bytes => this.#write(bytes))
  }

  #write(piece: Uint8Array): Promise<void> | undefined {
    if (this.closed) return undefined
    if (this.#flooded) return this.#flooded.write(piece)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#drained = resolve
    this.#terminal.write(piece as Uint8Array<ArrayBuffer>)
    return promise
  }

  #drain(): void {
    this.#drained?.()
    this.#drained = null
  }
}
