// Backend "bun-pty": a PTY from the package's native library, for systems where Bun has no terminals.

import { PtylineError } from "../../core/lib/errors.ts"
import { copyOf } from "../../core/lib/memory.ts"
import { delay, Wake } from "../../core/lib/wake.ts"
import type { Backend, Sink, Size, Spec } from "../../core/session/backend.ts"
import { unrunnable } from "../../runtime/shared/program.ts"
import { spawnFailure } from "../process/failure.ts"
import { kill, sessionIdOf } from "../process/tree.ts"
import { EchoFilter } from "../terminal/echo-filter.ts"
import { type Tty, ttyOf } from "../terminal/tty.ts"
import { TtyProcess } from "../terminal/tty-process.ts"
import { withGivenEnvironmentOnly } from "./environment.ts"
import { library, libraryPath, spawnOnPty } from "./library.ts"
import { command, openTerminal } from "./worker-client.ts"

/** Half of a terminal's input buffer. The next piece waits until fewer bytes than this are unread. */
const PIECE = 2048
/** A spawn fails now and then on a machine under load, and succeeds the next time. */
const ATTEMPTS = 3
const windows = process.platform === "win32"

/**
 * Known limits, each asserted by the contract suite: a program ended by a signal reports code 1; output that
 * a descendant writes after the program's end is lost; SIGXFSZ stays ignored as in the server. On Windows the
 * child also gets the server's environment.
 */
export const bunPtyBackend: Backend = {
  kind: "bun-pty",
  tty: true,
  spawn: (spec, sink) => new BunPtyProcess(spec, sink),
}

class BunPtyProcess extends TtyProcess {
  #handle: number
  #tty: Tty | null
  #echoFilter: EchoFilter
  /** Fires when the library has taken a piece of input. */
  #taken = new Wake()

  constructor(spec: Spec, sink: Sink) {
    super(PIECE)
    this.#handle = spawn(spec)
    this.started(library().bun_pty_get_pid(this.#handle), sessionIdOf(spec))
    this.#echoFilter = new EchoFilter(spec, sink, () => this.#tty?.echoes === true)
    this.#tty = ttyOf(this.pid, libraryPath())
    if (spec.raw) this.#tty?.raw()
    else if (!spec.echo) this.#tty?.echoOff()
    openTerminal(this.#handle, this.#tty, {
      output: bytes => {
        if (!this.closed) sink.output(bytes, "pty")
      },
      taken: () => this.#taken.fire(),
      end: code => {
        this.exited = true
        this.#taken.fire()
        this.#tty?.close()
        sink.end()
        sink.exit({ code, signal: null })
      },
    })
  }

  protected get lineMode(): boolean {
    return this.#tty?.lineMode === true
  }

  resize({ cols, rows }: Size): void {
    if (!this.closed) command({ do: "resize", handle: this.#handle, cols, rows })
  }

  /** The library keeps the terminal open until the program ends, so the hang-up signal comes from here. */
  protected release(): void {
    this.#taken.fire()
    command({ do: "abandon", handle: this.#handle })
    if (!this.exited) kill(-this.pid, "SIGHUP")
  }

  protected send(piece: Uint8Array): Promise<void> {
    return this.#echoFilter.send(piece, bytes => this.#write(bytes))
  }

  /** The library buffers any amount of input, so the next piece waits until the terminal has room. */
  async #write(piece: Uint8Array): Promise<void> {
    const taken = this.#taken.wait()
    command({ do: "write", handle: this.#handle, data: copyOf(piece) })
    await taken
    for (let pause = 1; !this.closed && !this.exited; pause = Math.min(8, pause + 1)) {
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
  for (let attempt = 0; handle < 0 && attempt < ATTEMPTS; attempt++) handle = trySpawn(spec, argv)
  if (handle < 0) throw new PtylineError("unavailable", "the library bun-pty could not open a terminal")
  return handle
}

function trySpawn(spec: Spec, argv: string[]): number {
  try {
    return spawnOnPty(spec, argv)
  } catch (error) {
    throw spawnFailure(error, spec, "the library bun-pty")
  }
}
