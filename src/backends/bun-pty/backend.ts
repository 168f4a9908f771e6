// Backend "bun-pty": a real PTY by the package's native library, for where Bun has none of its own.

import { SESSION_VARIABLE } from "../../core/access/policy.ts"
import { PtylineError } from "../../core/lib/errors.ts"
import { copyOf } from "../../core/lib/memory.ts"
import { delay, Wake } from "../../core/lib/wake.ts"
import type { Backend, Process, Signal, Sink, Size, Spec } from "../../core/session/backend.ts"
import { withGivenEnvironmentOnly } from "../process/environment.ts"
import { spawnFailure } from "../process/failure.ts"
import { awaitsInput } from "../process/input-wait.ts"
import { unrunnable } from "../process/program.ts"
import { signalTerminal } from "../process/signals.ts"
import { kill, type Root, rootOf, terminateTree } from "../process/tree.ts"
import { EchoFilter } from "../terminal/echo-filter.ts"
import { InputQueue } from "../terminal/input.ts"
import { LineLimit } from "../terminal/line-limit.ts"
import { type Tty, ttyOf } from "../terminal/tty.ts"
import { library, libraryPath, spawnOnPty } from "./library.ts"
import { command, openTerminal } from "./worker-client.ts"

const EOT = 0x04
/** Half of what a terminal's input buffer holds: a piece, and how little must be unread before the next one comes. */
const PIECE = 2048
/** It fails now and then on a machine under load, and succeeds the next time. */
const ATTEMPTS = 3
const windows = process.platform === "win32"

/**
 * Known limits (the contract suite asserts each): a program ended by a signal is reported with code 1; what a descendant
 * writes after the program's end is lost; SIGXFSZ stays ignored as in the server. On Windows the child also sees the
 * server's environment.
 */
export const bunPtyBackend: Backend = {
  kind: "bun-pty",
  tty: true,
  spawn: (spec, sink) => new BunPtyProcess(spec, sink),
}

class BunPtyProcess implements Process {
  readonly pid: number
  #handle: number
  #tty: Tty | null
  #root: Root
  #line = new LineLimit()
  #input = new InputQueue(PIECE, piece => this.#echoed.send(piece, one => this.#send(one)))
  #echoed: EchoFilter
  #taken = new Wake()
  #exited = false
  #closed = false

  constructor(spec: Spec, sink: Sink) {
    this.#handle = spawn(spec)
    this.pid = library().bun_pty_get_pid(this.#handle)
    this.#root = rootOf(this.pid, spec.env[SESSION_VARIABLE] ?? "")
    this.#echoed = new EchoFilter(spec, sink, () => this.#tty?.echoes === true)
    this.#tty = ttyOf(this.pid, libraryPath())
    if (spec.raw) this.#tty?.raw()
    else if (!spec.echo) this.#tty?.echoOff()
    openTerminal(this.#handle, this.#tty, {
      output: bytes => {
        if (!this.#closed) sink.output(bytes, "pty")
      },
      taken: () => this.#taken.fire(),
      end: code => {
        this.#exited = true
        this.#taken.fire()
        this.#tty?.close()
        sink.end()
        sink.exit({ code, signal: null })
      },
    })
  }

  write(data: Uint8Array): void {
    if (this.#closed || this.#exited) return
    if (this.#tty?.lineMode) this.#line.check(data)
    else this.#line.reset()
    this.#input.push(data)
  }

  awaitsInput(): boolean | null {
    return awaitsInput(this.pid)
  }

  pending(): number {
    return this.#input.pending
  }

  eof(): void {
    this.write(Uint8Array.of(EOT))
  }

  resize({ cols, rows }: Size): void {
    if (!this.#closed) command({ do: "resize", handle: this.#handle, cols, rows })
  }

  signal(name: Signal): void {
    if (!this.#exited) signalTerminal(this.pid, name)
  }

  terminate(graceMs: number): Promise<void> {
    return terminateTree(this.#root, graceMs)
  }

  /** The library keeps the terminal open until the program ends, so that is told by hand that its terminal is gone. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#input.close()
    this.#taken.fire()
    command({ do: "abandon", handle: this.#handle })
    if (!this.#exited) kill(-this.pid, "SIGHUP")
  }

  /** The library takes any amount of input and keeps it to itself, so the next piece waits until the terminal has room. */
  async #send(piece: Uint8Array): Promise<void> {
    const taken = this.#taken.wait()
    command({ do: "write", handle: this.#handle, data: copyOf(piece) })
    await taken
    for (let pause = 1; !this.#closed && !this.#exited; pause = Math.min(8, pause + 1)) {
      if ((this.#tty?.unread ?? 0) < PIECE) return
      await delay(pause)
    }
  }
}

function spawn(spec: Spec): number {
  const reason = windows ? null : unrunnable(spec)
  if (reason) throw spawnFailure({ code: reason }, spec, "a terminal")
  const argv = windows ? spec.argv : withGivenEnvironmentOnly(spec)
  let handle = -1
  for (let attempt = 0; handle < 0 && attempt < ATTEMPTS; attempt++) handle = started(spec, argv)
  if (handle < 0) throw new PtylineError("unavailable", "the library bun-pty could not open a terminal")
  return handle
}

function started(spec: Spec, argv: string[]): number {
  try {
    return spawnOnPty(spec, argv)
  } catch (error) {
    throw spawnFailure(error, spec, "the library bun-pty")
  }
}
