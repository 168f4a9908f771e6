// Errors: the closed list of codes. Every surface maps these codes once.

export type ErrorCode =
  | "invalid_input"
  | "unauthorized"
  | "denied"
  | "not_found"
  | "conflict"
  | "not_running"
  | "held"
  | "too_large"
  | "unsupported_media_type"
  | "limit_reached"
  | "spawn_failed"
  | "internal"
  | "unavailable"

/** A failure that a caller can handle: a code, one sentence with the value, and details for programs. */
export class PtylineError extends Error {
  readonly code: ErrorCode
  readonly details: Record<string, unknown>

  constructor(code: ErrorCode, message: string, details: Record<string, unknown> = {}) {
    super(message)
    this.name = "PtylineError"
    this.code = code
    this.details = details
  }
}

export const hasCode = (error: unknown, code: ErrorCode): error is PtylineError =>
  error instanceof PtylineError && error.code === code
