// Timeline entries: what happened to a session, each with its offset and time.

import type { ExitStatus } from "../session/backend.ts"
import type { MarkEvent } from "./marks.ts"

/** `input` exists only in sessions that record it. */
export type TimelineEvent =
  | { type: "output"; bytes: Uint8Array }
  | { type: "input"; bytes: Uint8Array }
  | ({ type: "exit" } & ExitStatus)
  | MarkEvent

/** `offset` is the event's place in the log; `at` is its time in ms since the epoch. */
export type TimelineEntry = { offset: number; at: number } & TimelineEvent

export const entryEnd = (entry: TimelineEntry): number =>
  entry.type === "output" ? entry.offset + entry.bytes.length : entry.offset
