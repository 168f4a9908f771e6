// A failure as an HTTP answer: the one place where codes become statuses (contract native, conventions).

import type { z } from "zod"
import { type ErrorCode, PtylineError } from "../core/errors.ts"
import type { ErrorBody } from "../ops/shapes.ts"

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

/** Whatever was thrown as an error that may be shown; what nobody foresaw shows nothing of itself. */
export function presentable(error: unknown): PtylineError {
  if (error instanceof PtylineError) return error
  return new PtylineError("internal", "something went wrong inside the server; its log has the details")
}

/** The parsed input, or `invalid_input` that names the first field and its value. */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const result = schema.safeParse(input, { reportInput: true })
  if (result.success) return result.data
  const issue = result.error.issues[0]!
  throw new PtylineError("invalid_input", sentence(issue), { field: issue.path.join(".") || null })
}

function sentence(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys")
    return `unknown field ${issue.keys.map(key => JSON.stringify(key)).join(", ")}`
  const field = issue.path.length > 0 ? `${issue.path.join(".")}: ` : ""
  return `${field}${issue.message}, got ${shown(issue.input)}`
}

function shown(value: unknown): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
