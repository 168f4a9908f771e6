// Programs on terminals: pty(7).

import { ECHO, RAW } from "../shared/termios.ts"
import type {
  NoTerminals,
  SpawnOnTerminal,
  TerminalChild,
  TerminalEvents,
  TerminalProgram,
} from "../types.ts"
import { take } from "./descriptors.ts"
import { watchExit } from "./exits.ts"
import { ptr } from "./ffi.ts"
import { lastError, libc, O_CLOEXEC, O_NOCTTY, O_RDWR } from "./libc.ts"
import { PolledDescriptor } from "./poller.ts"
import { startProgram } from "./start.ts"

const TIOCSWINSZ = 0x5414
const TCSANOW = 0
/** struct termios in words, and the positions of its flags. */
const TERMIOS_WORDS = 15
const [INPUT, OUTPUT, LOCAL] = [0, 1, 3]
/** Most bytes of a terminal's path. */
const PATH_BYTES = 64
/** After a read below this, in bytes, the terminal is probably empty. */
const SHORT_READ = 2048
/** Most bytes per turn of the event loop. 128 KiB took a fifth of a timer's turns in a flood. */
const TURN = 32 << 10

export const spawnOnTerminal: SpawnOnTerminal = (program, events) => new Terminal(program, events)

export const noTerminals: NoTerminals = () => {
  try {
    new PolledDescriptor(openMaster()).close()
    return null
  } catch (error) {
    return (error as Error).message
  }
}

class Terminal implements TerminalChild {
  readonly pid: number
  #master: PolledDescriptor
  #events: TerminalEvents
  /** Resolves the write that waits for room. */
  #written: (() => void) | null = null

  constructor(program: TerminalProgram, events: TerminalEvents) {
    this.#events = events
    this.#master = new PolledDescriptor(openMaster())
    try {
      this.resize(program.size)
      this.#setUp(program)
      const path = pathOf(this.#master.number)
      this.pid = startProgram(program, [path, path, path, ...program.inherited])
    } catch (error) {
      this.#master.close()
      throw error
    }
    watchExit(this.pid, events.exit)
    this.#awaitOutput()
  }

  get localFlags(): number {
    return this.#master.closed ? 0 : this.#settings()[LOCAL]!
  }

  /** Sets the terminal before the program starts: later, the program could restore earlier settings. */
  #setUp({ echo, raw }: TerminalProgram): void {
    const settings = this.#settings()
    if (!echo) settings[LOCAL]! &= ~ECHO
    if (raw) {
      settings[INPUT]! &= ~RAW.input
      settings[OUTPUT]! &= ~RAW.output
      settings[LOCAL]! &= ~RAW.local
    }
    libc().tcsetattr(this.#master.number, TCSANOW, ptr(settings))
  }

  #settings(): Uint32Array {
    const settings = new Uint32Array(TERMIOS_WORDS)
    libc().tcgetattr(this.#master.number, ptr(settings))
    return settings
  }

  resize({ cols, rows }: { cols: number; rows: number }): void {
    if (this.#master.closed) return
    libc().ioctl(this.#master.number, TIOCSWINSZ, ptr(Uint16Array.of(rows, cols, 0, 0)))
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    const at = this.#send(bytes, 0)
    if (at === bytes.length) return undefined
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#written = resolve
    this.#sendRest(bytes, at)
    return promise
  }

  close(): void {
    this.#master.close()
    this.#settle()
  }

  #send(bytes: Uint8Array, from: number): number {
    return this.#master.closed ? bytes.length : from + Math.max(0, this.#master.write(bytes, from))
  }

  /** Input for a terminal that no process has open is lost. */
  #sendRest(bytes: Uint8Array, from: number): void {
    this.#master.whenWritable(gone => {
      const at = this.#send(bytes, from)
      if (at === bytes.length || (gone && at === from)) this.#settle()
      else this.#sendRest(bytes, at)
    })
  }

  #settle(): void {
    this.#written?.()
    this.#written = null
  }

  #awaitOutput(): void {
    this.#master.whenReadable(gone => this.#read(gone))
  }

  #read(gone: boolean): void {
    const bytes = take(address => this.#fill(address))
    if (bytes) this.#events.output(bytes)
    if (this.#master.closed) return
    if (bytes || !gone) return this.#awaitOutput()
    this.close()
    this.#events.end()
  }

  /** Reads until the turn is over or the terminal is empty: one read returns 4 KiB. Returns the length. */
  #fill(address: number): number {
    let length = 0
    for (let n = SHORT_READ; n >= SHORT_READ && length < TURN; ) {
      n = this.#master.read(address + length, TURN - length)
      length += Math.max(0, n)
    }
    return length
  }
}

function openMaster(): number {
  const { grantpt, posix_openpt, unlockpt } = libc()
  const master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)
  if (master < 0) throw lastError("cannot open a terminal")
  if (grantpt(master) === 0 && unlockpt(master) === 0) return master
  const error = lastError("cannot open a terminal")
  libc().close(master)
  throw error
}

function pathOf(master: number): string {
  const path = Buffer.alloc(PATH_BYTES)
  if (libc().ptsname_r(master, ptr(path), PATH_BYTES) !== 0) throw lastError("ptsname_r")
  return path.toString("latin1", 0, path.indexOf(0))
}
