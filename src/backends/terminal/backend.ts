// Backend "terminal": a PTY from the runtime.

import { noTerminals, spawnOnTerminal } from "#runtime/terminal.ts"
import type { Backend, Sink, Size, Spec } from "../../core/session/backend.ts"
import { ECHO, ICANON } from "../../runtime/shared/termios.ts"
import type { TerminalChild } from "../../runtime/types.ts"
import { spawnFailure } from "../process/failure.ts"
import { sessionIdOf } from "../process/tree.ts"
import { EchoFilter } from "./echo-filter.ts"
import { TtyProcess } from "./tty-process.ts"

/** Bun 1.4 reports writes of up to 4,095 bytes with `drain`; between 4,096 and about 10,000 it does not. */
const PIECE = 4095

export const terminalBackend: Backend = {
  kind: "terminal",
  tty: true,
  durable: "default",
  unavailable: noTerminals,
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

export class TerminalProcess extends TtyProcess {
  #terminal: TerminalChild
  #echoFilter: EchoFilter

  /** `inherited`: the child's descriptors from 3 on. `floodWorker`: whether a flood moves to a worker. */
  constructor(spec: Spec, sink: Sink, { inherited = [] as number[], floodWorker = true } = {}) {
    super(PIECE)
    this.#echoFilter = new EchoFilter(spec, sink, () => (this.#terminal.localFlags & ECHO) !== 0)
    const events = {
      output: (bytes: Uint8Array) => sink.output(bytes, "pty"),
      end: () => sink.end(),
      exit: (code: number | null, signal: string | null) => {
        this.exited = true
        sink.exit({ code, signal })
      },
    }
    try {
      this.#terminal = spawnOnTerminal({ ...spec, inherited }, events, { floodWorker })
    } catch (error) {
      throw spawnFailure(error, spec, "a terminal")
    }
    this.started(this.#terminal.pid, sessionIdOf(spec))
  }

  protected get lineMode(): boolean {
    return (this.#terminal.localFlags & ICANON) !== 0
  }

  resize(size: Size): void {
    this.#terminal.resize(size)
  }

  protected release(): void {
    this.#terminal.close()
  }

  protected send(piece: Uint8Array): Promise<void> | undefined {
    return this.#echoFilter.send(piece, bytes => this.#terminal.write(bytes))
  }
}
