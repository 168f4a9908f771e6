// Gaps: output that a reader asked for and cannot get, with the reason.

/**
 * Why bytes are missing. A gap with several causes carries the first.
 * - `trimmed`: the limits on memory and disk dropped them before the reader asked. The normal case.
 * - `slow_viewer`: the limits dropped them while this viewer was attached, because it read too slowly.
 * - `disk`: the disk was full or a write failed, and memory no longer has them.
 * - `damage`: they are on disk but unreadable: wrong checksum, cut frame, or a failed read.
 */
export const GAP_REASONS = ["trimmed", "disk", "damage", "slow_viewer"] as const
export type GapReason = (typeof GAP_REASONS)[number]

/** The bytes `from` up to, not including, `to` are missing. */
export type LogGap = { from: number; to: number; reason: GapReason }

/** Gaps reported to readers since this process started. */
export const gapCounts: Record<GapReason, number> = { trimmed: 0, disk: 0, damage: 0, slow_viewer: 0 }

export function countedGap(from: number, to: number, reason: GapReason): LogGap {
  gapCounts[reason]++
  return { from, to, reason }
}
