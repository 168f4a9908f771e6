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

/** The error to show. An unexpected one reveals nothing of itself; `onError` receives internal ones. */
export function presentable(error: unknown, onError: (error: unknown) => void): PtylineError {
  const internal = new PtylineError("internal", "internal error; see the server's log")
  const shown = error instanceof PtylineError ? error : internal
  if (shown.code === "internal") onError(error)
  return shown
}
