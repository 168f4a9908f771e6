// HTTP form of errors: the status of each code, and the body (contract native, conventions).

import { type ErrorCode, PtylineError } from "../../core/lib/errors.ts"
import type { ErrorBody } from "../../ops/shapes.ts"

export const STATUS = {
  invalid_input: 400,
  unauthorized: 401,
  denied: 403,
  not_found: 404,
  conflict: 409,
  not_running: 409,
  too_large: 413,
  unsupported_media_type: 415,
  spawn_failed: 422,
  held: 423,
  limit_reached: 429,
  internal: 500,
  unavailable: 503,
} as const satisfies Record<ErrorCode, number>

export const errorBody = ({ code, message, details }: PtylineError): ErrorBody => ({
  error: { code, message, details },
})

/** The error to show for `error`. An unexpected error reveals nothing of itself. */
export function presentable(error: unknown): PtylineError {
  if (error instanceof PtylineError) return error
  return new PtylineError("internal", "internal error; see the server's log")
}
