// How much of everything a server allows, and what it starts with.

export type Limits = {
  /** Sessions that run at once. */
  sessions: number
  /** Viewers of one session at once. */
  viewers: number
  /** Bytes of output kept per session unless the session says otherwise. */
  logBytes: number
  /** Sum over all sessions of the bytes of output they may keep. */
  totalLogBytes: number
  /** How long an ended session is kept, in ms, and how many of them. */
  retentionMs: number
  retained: number
  /** How long a session is kept whose process was lost, in ms. */
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

/** How much output a session may ask to have kept, in bytes. */
export const LOG_LIMIT = { min: 65536, max: 64 << 20 }
