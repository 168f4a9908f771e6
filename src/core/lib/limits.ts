// Limits of a server and their defaults.

export type Limits = {
  sessions: number
  /** Viewers of one session. */
  viewers: number
  /** Default for the bytes of output kept in memory per session. */
  logBytes: number
  /** Bytes of output that all sessions together may keep in memory. */
  totalLogBytes: number
  /** How long ended sessions are kept, in ms, and how many. */
  retentionMs: number
  retained: number
  /** How long a session whose process was lost is kept, in ms. */
  lostRetentionMs: number
}

export const DEFAULT_LIMITS: Limits = {
  sessions: 256,
  viewers: 64,
  logBytes: 2 << 20,
  totalLogBytes: 1 << 30,
  retentionMs: 600_000,
  retained: 100,
  lostRetentionMs: 7 * 86_400_000,
}

/** Bounds of a session's own log limit, in bytes. */
export const LOG_LIMIT = { min: 65536, max: 64 << 20 }
