// Limits of a server and their defaults.

export const DEFAULT_LIMITS = {
  sessions: 256,
  /** Viewers of one session. */
  viewers: 64,
  /** Default for the bytes of output kept in memory per session. */
  logBytes: 2 << 20,
  /** Bytes of output that all sessions together may keep in memory. */
  totalLogBytes: 1 << 30,
  /** How long ended sessions are kept, in ms, and how many. */
  retentionMs: 600_000,
  retained: 100,
  /** How long a session whose process was lost is kept, in ms. */
  lostRetentionMs: 7 * 86_400_000,
}
export type Limits = typeof DEFAULT_LIMITS

/** Bounds of a session's own log limit, in bytes. */
export const LOG_LIMIT = { min: 65536, max: 64 << 20 }
