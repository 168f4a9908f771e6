// One mrmd terminal: its record, its shell and its sockets.

import type { Session } from "../../core/session/session.ts"
import { now, type StoredTerminal, type TerminalRequest } from "./record.ts"

export interface TerminalClient {
  /** Stops the output after a kill. The socket stays open. */
  silence(): void
  /** Closes the socket because the server stops. */
  stop(): void
}

export class Terminal {
  record: StoredTerminal
  /** The running shell, or the last one. */
  session: Session | null = null
  /** The start in progress. Resolves with the shell, or with the reason for its failure. */
  starting: Promise<Session | string> | null = null
  killed = false
  /** Includes the sockets of earlier shells with this id. */
  readonly sockets = new Set<TerminalClient>()

  constructor(record: StoredTerminal) {
    this.record = record
  }

  get running(): boolean {
    return this.session?.life.state === "running"
  }

  /** Whether the name is in use: the terminal runs, or waits for its first socket. */
  get claimsName(): boolean {
    return this.running || this.session === null
  }

  /** Notes input or a join. */
  touch(): void {
    this.record.last_activity = now()
  }

  /** Applies a socket's request before a shell starts. Other fields, and the name, stay. */
  apply(request: TerminalRequest): void {
    const { name, ...fields } = request
    const requested = Object.entries(fields).filter(([, value]) => value !== null)
    this.record = { ...this.record, ...Object.fromEntries(requested) }
  }
}
