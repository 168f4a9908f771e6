// Tool errors: the contract's text, then the value and the next step. Never a stack trace.

import { PtylineError } from "../../core/lib/errors.ts"

/** `text` is the contract's wording, `value` the offending value. */
export class ToolError extends Error {
  constructor(text: string, value?: unknown) {
    super(value === undefined ? text : `${text}: ${value}`)
    this.name = "ToolError"
  }
}

const NEXT_STEPS: [start: string, step: string][] = [
  ["unknown session_id", "pty_list names the sessions of an owner, pty_spawn starts one"],
  ["unknown session name", "pty_list names the sessions of an owner"],
  ["owner is required", "pass the same owner to every call"],
  ["session owner mismatch", "pass the owner that spawned the session"],
  ["too many sessions", "close one with pty_close"],
  ["process has exited", "read the remaining output, then call pty_close"],
  [
    "client_id is required for an attached session",
    "pass the client_id that attached it, or call pty_takeover",
  ],
  ["session is attached to another client", "wait, or call pty_takeover with from_client_id"],
  ["session is held by", "a person has taken control; wait until they release it"],
  [
    "dangerous command detected",
    "call confirm_dangerous_command and pass its confirm_token as dangerous_confirm_token",
  ],
  ["invalid or expired dangerous confirmation token", "call confirm_dangerous_command for a new one"],
  ["invalid regex", "RE2 syntax; look-around and back-references are not supported"],
  ["input rate limit exceeded", "write less, or wait a second"],
  ["no recoverable session", "pty_spawn starts a new one"],
]

/** Returns the text for the caller. `onFault` receives internal errors. */
export function failureText(error: unknown, onFault: (error: unknown) => void): string {
  const text = plainText(error)
  if (text === null) {
    onFault(error)
    return "internal error; see the server's log"
  }
  const step = NEXT_STEPS.find(([start]) => text.startsWith(start))?.[1]
  return step ? `${text} (${step})` : text
}

function plainText(error: unknown): string | null {
  if (error instanceof ToolError) return error.message
  if (!(error instanceof PtylineError)) return null
  if (error.code === "internal") return null
  if (error.code === "not_running") return "process has exited"
  return error.message
}
