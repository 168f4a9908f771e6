// One terminal: what is remembered of it, its shell while there is one, its sockets.

import type { Session } from "../../core/session/session.ts"
import { now, type StoredTerminal, type TerminalRequest } from "./record.ts"
import type { TerminalSocket } from "./socket.ts"

export class Terminal {
  facts: StoredTerminal
  /** The shell that runs, or the last one that ran. */
  session: Session | null = null
  /** A shell is being started: what comes of it, or why none did. */
  starting: Promise<Session | string> | null = null
  killed = false
  /** Those of earlier shells under this id are here too. */
  readonly sockets = new Set<TerminalSocket>()

  constructor(facts: StoredTerminal) {
    this.facts = facts
  }

  get running(): boolean {
    return this.session?.life.state === "running"
  }

  /** Has its name taken: it runs, or waits for its first socket. */
  get claimsName(): boolean {
    return this.running || this.session === null
  }

  /** Somebody typed or joined. */
  touch(): void {
    this.facts.last_activity = now()
  }

  /** What a socket asks for when a shell is to start; where it says nothing the record counts. The name is the record's for good. */
  adopt(request: TerminalRequest): void {
    const { facts } = this
    this.facts = {
      ...facts,
      cwd: request.cwd ?? facts.cwd,
      venv: request.venv ?? facts.venv,
      shell: request.shell ?? facts.shell,
      file_path: request.file_path ?? facts.file_path,
    }
  }
}
