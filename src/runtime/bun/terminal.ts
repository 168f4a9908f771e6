// Terminals, from Bun.

import { ReadCoalescer } from "../shared/read-coalescer.ts"
import { ECHO, RAW } from "../shared/termios.ts"
import type {
  NoTerminals,
  SpawnOnTerminal,
  TerminalChild,
  TerminalEvents,
  TerminalOptions,
  TerminalProgram,
} from "../types.ts"
import { BurstReader } from "./burst-reader.ts"
import { FLOOD_READ, FloodedTerminal } from "./flood.ts"
import { Gate } from "./gate.ts"
import { exitOf } from "./spawn.ts"

/** A terminal buffers about 8 KiB of output; a fast program fills that in one pause of `ReadCoalescer`. */
const SHORT_READ = 2048

/** Bun has terminals since 1.3.5; on Windows since a later version. */
export const noTerminals: NoTerminals = () =>
  typeof Bun.Terminal === "function" ? null : `Bun ${Bun.version} has no terminals on this system`

export const spawnOnTerminal: SpawnOnTerminal = (program, events, options) =>
  new BunTerminal(program, events, options)

class BunTerminal implements TerminalChild {
  readonly pid: number
  readonly #events: TerminalEvents
  readonly #options: TerminalOptions
  #terminal: Bun.Terminal
  #coalescer = new ReadCoalescer(SHORT_READ)
  #drained: (() => void) | null = null
  #exited = false
  #closed = false
  /** The terminal after a flood moved it to the worker. */
  #flooded: FloodedTerminal | null = null
  #moving = false
  /** Without a worker, after the first flood; null when unavailable. */
  #burstReader: BurstReader | null | undefined

  constructor(program: TerminalProgram, events: TerminalEvents, options: TerminalOptions) {
    this.#events = events
    this.#options = options
    const { echo, raw, inherited } = program
    const gate = echo && !raw ? null : new Gate(program, 3 + inherited.length)
    try {
      const gated = gate ? { ...program, argv: gate.argv, inherited: [...inherited, gate.reader] } : program
      const child = this.#spawn(gated)
      this.pid = child.pid
      this.#terminal = child.terminal!
      this.#setUp(program)
    } finally {
      gate?.open()
    }
  }

  get localFlags(): number {
    return this.#closed ? 0 : (this.#flooded ?? this.#terminal).localFlags
  }

  #setUp({ raw, echo }: TerminalProgram): void {
    if (!echo) this.#terminal.localFlags &= ~ECHO
    if (!raw) return
    this.#terminal.outputFlags &= ~RAW.output
    this.#terminal.inputFlags &= ~RAW.input
    this.#terminal.localFlags &= ~RAW.local
  }

  #spawn({ argv, cwd, env, size, inherited }: TerminalProgram): Bun.Subprocess {
    return Bun.spawn([...argv], {
      cwd,
      env,
      ...(inherited.length > 0 && { stdio: ["ignore", "ignore", "ignore", ...inherited] }),
      terminal: {
        ...size,
        name: env.TERM,
        data: (_, bytes) => {
          this.#events.output(bytes)
          this.#coalescer.received(bytes.byteLength)
          if (!this.#options.floodWorker) this.#readBurst(bytes.byteLength)
          else if (bytes.byteLength >= FLOOD_READ) this.#moveToWorker()
        },
        exit: () => this.#flooded ?? this.#events.end(),
        drain: () => this.#drain(),
      },
      onExit: (_, code, signal) => {
        this.#exited = true
        this.#events.exit(...exitOf(code, signal))
      },
    })
  }

  resize(size: { cols: number; rows: number }): void {
    if (this.#closed) return
    if (this.#flooded) this.#flooded.resize(size)
    else this.#terminal.resize(size.cols, size.rows)
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#closed) return undefined
    if (this.#flooded) return this.#flooded.write(bytes)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#drained = resolve
    this.#terminal.write(bytes as Uint8Array<ArrayBuffer>)
    return promise
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#drain()
    this.#terminal.close()
    this.#flooded?.close()
    this.#burstReader?.close()
    this.#burstReader = null
  }

  /** Moves the terminal in the next turn of the event loop: Bun is still reading it in this one. */
  #moveToWorker(): void {
    if (this.#moving) return
    this.#moving = true
    setImmediate(() => {
      // a move would lose the input that Bun has not written yet; the next large read tries again
      this.#moving = this.#drained === null
      if (this.#closed || this.#exited || !this.#moving) return
      const { output, end } = this.#events
      this.#flooded = FloodedTerminal.takeOver(this.pid, { output, end })
      if (this.#flooded) this.#terminal.close()
    })
  }

  /** Reads more after every read that is not short, from the first flood on. */
  #readBurst(length: number): void {
    if (this.#closed || length < (this.#burstReader ? SHORT_READ : FLOOD_READ)) return
    if (this.#burstReader === undefined) this.#burstReader = BurstReader.of(this.pid)
    this.#burstReader?.read(this.#events.output)
  }

  #drain(): void {
    this.#drained?.()
    this.#drained = null
  }
}
