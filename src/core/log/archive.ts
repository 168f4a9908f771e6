// The archive interface: the part of a durable session that outlives this process.

import type { Size } from "../session/backend.ts"
import type { GapReason } from "./gap.ts"
import type { ByteLog } from "./log.ts"
import type { TimelineEntry } from "./timeline-entry.ts"

/** `gap`: why bytes before `offset`, or of an empty chunk, are missing; null when none are known to be. */
export type Chunk = { offset: number; bytes: Uint8Array; gap: GapReason | null }

/** A VT sequence that draws the screen as it was at `offset`. */
export type Snapshot = { offset: number; size: Size; data: string }

/** Output that is no longer in memory, and screens. Only `LogReader` calls `read`. */
export interface Archive {
  /** Offset of the oldest available byte. */
  readonly base: number
  /** Returns at most `max` bytes from the first available offset at or after `offset`; may be empty. */
  read(offset: number, max: number): Promise<Chunk>
  /** Yields everything from `offset` to the present end. The first output is cut to begin at `offset`. */
  entries(offset: number): AsyncIterable<TimelineEntry>
  /** Returns the terminal's size when it printed the output at `offset`; null when that is unknown. */
  sizeAt(offset: number): Promise<Size | null>
  /** Returns the resizes from offset `from` up to, not including, `to`, in order. */
  sizes(from: number, to: number): Promise<{ offset: number; size: Size }[]>
  /** Returns the newest stored screen; null when there is none that can be read. */
  screen(): Promise<Snapshot | null>
  /** Stores a screen in place of an earlier one. */
  keepScreen(screen: Snapshot): void
  /** Fills the logs of separate streams with what they printed before the merged log's offset `to`. */
  restore(streams: { stdout: ByteLog; stderr: ByteLog }, to: number): Promise<void>
  close(): void
}
