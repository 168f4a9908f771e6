// What a session that outlives its server has beyond this process: older output, and someone who keeps it.

import type { Process, ProcessExit, Sink, Size } from "../session/backend.ts"
import type { SessionOptions } from "../session/options.ts"
import type { Session } from "../session/session.ts"
import type { ByteLog } from "./log.ts"
import type { TimelineEntry } from "./timeline.ts"

/** A screen at `offset`: everything before it is drawn, nothing behind it. `data` is a VT sequence that draws it. */
export type Snapshot = { offset: number; size: Size; data: string }

/** The part of a session's output that is no longer in memory, wherever it is kept. */
export interface Archive {
  /** Offset of the oldest byte that can be had. */
  readonly base: number
  /** Bytes from the first offset at or after `offset` that can be had, at most `max`; empty when there are none. */
  read(offset: number, max: number): Promise<{ offset: number; bytes: Uint8Array }>
  /** Everything from `offset` on that is kept now, with its time; the first output is cut to begin there. */
  moments(offset: number): AsyncIterable<TimelineEntry>
  /** The size that the output at `offset` was made for; null when that was not kept. */
  sizeAt(offset: number): Promise<Size | null>
  /** The resizes from offset `from` on and before `to`, in order. */
  sizes(from: number, to: number): Promise<{ offset: number; size: Size }[]>
  /** The screen that was kept last; null when there is none that can be read. */
  screen(): Promise<Snapshot | null>
  /** Keeps a screen, in place of an earlier one. */
  keepScreen(screen: Snapshot): void
  /** Fills the logs of separate streams with what was printed before the merged log's offset `to`. */
  restore(streams: { stdout: ByteLog; stderr: ByteLog }, to: number): Promise<void>
  close(): void
}

/** A session as it was kept: what it is made of, where its output goes on, and a way to its process, if that lives. */
export type DurableSession = {
  options: SessionOptions
  /** Connects the session to its process; null when that is gone. */
  connect: ((sink: Sink) => Promise<Process>) | null
  /** How it ended, when its process is gone; null: nobody knows. */
  exit: ProcessExit | null
  /** Has no server known of its end, if it ended? Then somebody may still want to hear of it. */
  news?: boolean
}

/** Keeps sessions beyond this process. */
export interface DurableSessions {
  /** Are new sessions kept? Without that only those of earlier servers are. */
  readonly starts: boolean
  /** Starts what `options` say in a process of its own. Rejects with `spawn_failed` and the like. */
  start(options: SessionOptions): Promise<DurableSession>
  /** Starts the session of these options once more, behind what it printed so far. Rejects as `start` does; nothing is changed then. */
  restart(options: SessionOptions): Promise<DurableSession>
  /** A name, tags or such changed. */
  update(session: Session): void
  /** The session is forgotten, with all that was kept of it. */
  remove(id: string): void
  /** Lets go of what it holds open; sessions are kept on. */
  close(): void
}
