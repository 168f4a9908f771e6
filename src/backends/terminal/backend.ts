// Backend "terminal": a real PTY by Bun itself.

import { SESSION_VARIABLE } from "../../core/access/policy.ts"
import type { Backend, ExitStatus, Process, Signal, Sink, Size, Spec } from "../../core/session/backend.ts"
import { spawnFailure } from "../process/failure.ts"
import { awaitsInput } from "../process/input-wait.ts"
import { signalTerminal } from "../process/signals.ts"
import { type Root, rootOf, terminateTree } from "../process/tree.ts"
import { BurstReader } from "./burst-reader.ts"
import { EchoFilter } from "./echo-filter.ts"
import { FloodedTerminal, READS_ON } from "./flood.ts"
import { Gate } from "./gate.ts"
import { InputQueue } from "./input.ts"
import { LineLimit } from "./line-limit.ts"
import { ReadCoalescer } from "./read-coalescer.ts"
import { ECHO, ICANON, RAW } from "./termios.ts"

/** Bun 1.4 announces every write of up to 4,095 bytes with `drain`; between 4,096 and about 10,000 it stays silent. */
const PIECE = 4095
/** A terminal keeps some 8 KiB for its reader, which a fast program fills within a nap. */
const CRUMB = 2048

export const terminalBackend: Backend = {
  kind: "terminal",
  tty: true,
  spawn: (spec, sink) => new TerminalProcess(spec, sink),
}

/**
 * For a holder: nobody else is in its thread whom a flood could keep waiting, so it needs no second one, which would cost it
 * more memory than all the rest. It reads on by itself instead.
 */
export const heldTerminalBackend: Backend = {
  ...terminalBackend,
  spawn: (spec, sink) => new TerminalProcess(spec, sink, [], false),
}

export class TerminalProcess implements Process {
  readonly pid: number
  #terminal: Bun.Terminal
  #root: Root
  #naps = new ReadCoalescer(CRUMB)
  #line = new LineLimit()
  #drained: (() => void) | null = null
  #input = new InputQueue(PIECE, piece => this.#echoed.send(piece, one => this.#send(one)))
  #echoed: EchoFilter
  #status: ExitStatus | null = null
  #closed = false
  /** The terminal, once it flooded and moved to the worker. */
  #flood: FloodedTerminal | null = null
  #moving = false
  /** In a holder, once the terminal flooded; null where it cannot be had. */
  #readingOn: BurstReader | null | undefined
  readonly #moves: boolean

  /** `more`: what becomes of the child's descriptors from 3 on. `moves`: may a flood go to a thread of its own? */
  constructor(spec: Spec, sink: Sink, more: number[] = [], moves = true) {
    this.#moves = moves
    this.#echoed = new EchoFilter(spec, sink, () => (this.#localFlags & ECHO) !== 0)
    const gate = spec.echo && !spec.raw ? null : new Gate(spec, 3 + more.length)
    try {
      const gated = gate ? { ...spec, argv: gate.argv } : spec
      const child = this.#spawn(gated, sink, gate ? [...more, gate.reader] : more)
      this.pid = child.pid
      this.#terminal = child.terminal!
      this.#root = rootOf(child.pid, spec.env[SESSION_VARIABLE] ?? "")
      this.#begin(spec)
    } finally {
      gate?.open()
    }
  }

  get #localFlags(): number {
    return this.#closed ? 0 : (this.#flood ?? this.#terminal).localFlags
  }

  #begin({ raw, echo }: Spec): void {
    if (!echo) this.#terminal.localFlags &= ~ECHO
    if (!raw) return
    this.#terminal.outputFlags &= ~RAW.output
    this.#terminal.inputFlags &= ~RAW.input
    this.#terminal.localFlags &= ~RAW.local
  }

  #spawn(spec: Spec, sink: Sink, more: number[]): Bun.Subprocess {
    try {
      return Bun.spawn(spec.argv, {
        cwd: spec.cwd,
        env: spec.env,
        ...(more.length > 0 && { stdio: ["ignore", "ignore", "ignore", ...more] }),
        terminal: {
          ...spec.size,
          name: spec.env.TERM,
          data: (_, bytes) => {
            sink.output(bytes, "pty")
            this.#naps.noticed(bytes.byteLength)
            if (!this.#moves) this.#readOn(bytes.byteLength, sink)
            else if (bytes.byteLength >= READS_ON) this.#flooded(sink)
          },
          exit: () => this.#flood ?? sink.end(),
          drain: () => this.#drain(),
        },
        onExit: (_, code, signal) => {
          this.#status = { code: signal ? null : code, signal: signal ? String(signal) : null }
          sink.exit(this.#status)
        },
      })
    } catch (error) {
      throw spawnFailure(error, spec, "a terminal")
    }
  }

  write(data: Uint8Array): void {
    if (this.#closed) return
    if (this.#localFlags & ICANON) this.#line.check(data)
    else this.#line.reset()
    this.#input.push(data)
  }

  pending(): number {
    return this.#input.pending
  }

  awaitsInput(): boolean | null {
    return awaitsInput(this.pid)
  }

  eof(): void {
    this.write(Uint8Array.of(0x04))
  }

  resize(size: Size): void {
    if (this.#closed) return
    if (this.#flood) this.#flood.resize(size)
    else this.#terminal.resize(size.cols, size.rows)
  }

  signal(name: Signal): void {
    if (!this.#status) signalTerminal(this.pid, name)
  }

  terminate(graceMs: number): Promise<void> {
    return terminateTree(this.#root, graceMs)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#input.close()
    this.#drain()
    this.#terminal.close()
    this.#flood?.close()
    this.#readingOn?.close()
    this.#readingOn = null
  }

  /** In the next turn of the event loop, as Bun is in the middle of reading now. */
  #flooded(sink: Sink): void {
    if (this.#moving) return
    this.#moving = true
    setImmediate(() => {
      // input that Bun has in hand would be lost; the next piece of the flood asks again
      this.#moving = this.#drained === null
      if (this.#closed || this.#status || !this.#moving) return
      const output = (bytes: Uint8Array) => sink.output(bytes, "pty")
      this.#flood = FloodedTerminal.takeOver(this.pid, { output, end: () => sink.end() })
      if (this.#flood) this.#terminal.close()
    })
  }

  /** From the first flood on, whenever more than a crumb has come. */
  #readOn(length: number, sink: Sink): void {
    if (this.#closed || length < (this.#readingOn ? CRUMB : READS_ON)) return
    if (this.#readingOn === undefined) this.#readingOn = BurstReader.of(this.pid)
    this.#readingOn?.read(bytes => sink.output(bytes, "pty"))
  }

  #send(piece: Uint8Array): Promise<void> | undefined {
    if (this.#closed) return undefined
    if (this.#flood) return this.#flood.write(piece)
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
