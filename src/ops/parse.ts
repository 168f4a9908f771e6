// Validation of outside input against an operation's schema.

import type { z } from "zod"
import { PtylineError } from "../core/lib/errors.ts"

/** Returns the parsed input. Throws `invalid_input`, which names the first invalid field and its value. */
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
