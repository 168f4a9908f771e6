// Durable sessions: the interface of the store that keeps sessions beyond this process.

import type { Process, ProcessExit, Sink } from "../session/backend.ts"
import type { SessionOptions } from "../session/options.ts"
import type { Session } from "../session/session.ts"

export type DurableSession = {
  options: SessionOptions
  /** Connects the session to its process; null when the process is gone. */
  connect: ((sink: Sink) => Promise<Process>) | null
  /** How the process ended, if it is gone; null when that is unknown. */
  exit: ProcessExit | null
  /** Whether it ended while no server ran, so that no client can know of it yet. */
  news?: boolean
}

export interface DurableSessions {
  /** Whether new sessions can be durable; without that only stored ones are. */
  readonly starts: boolean
  /** Starts a session in a process that outlives the server. Rejects with `spawn_failed` and others. */
  start(options: SessionOptions): Promise<DurableSession>
  /** Starts a stored session again; its output continues. Rejects as `start` does, changing nothing. */
  restart(options: SessionOptions): Promise<DurableSession>
  /** Stores changed properties such as the name or tags. */
  update(session: Session): void
  /** Deletes everything that is stored of a session. */
  remove(id: string): void
  /** Closes open files and connections. Stored sessions stay. */
  close(): void
}
