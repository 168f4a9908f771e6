// What a tool says when it cannot: the contract's text first, then the value and a next step, never a trace.

import { PtylineError } from "../../core/lib/errors.ts"

/** `text` is the contract's wording; `value` is what it is about. */
export class ToolError extends Error {
  constructor(text: string, value?: unknown) {
    super(value === undefined ? text : `${text}: ${value}`)
    this.name = "ToolError"
  }
}

const NEXT_STEPS: [start: string, step: string][] = [
  ["unknown session_id", "pty_list names the sessions of an owner, pty_spawn starts one"],
  ["unknown session name", "pty_list names the sessions of an owner"],
  ["owner is required", "pass the owner you use for all your calls"],
  ["session owner mismatch", "pass the owner that the session was spawned with"],
  ["too many sessions", "close one with pty_close"],
  ["process has exited", "read the rest of its output, then pty_close"],
  ["client_id is required for an attached session", "pass the client_id that attached it, or pty_takeover"],
  ["session is attached to another client", "wait, or pty_takeover with from_client_id"],
  ["session is held by", "a person has taken over; wait until they let go"],
  [
    "dangerous command detected",
    "call confirm_dangerous_command and pass its confirm_token as dangerous_confirm_token",
  ],
  ["invalid or expired dangerous confirmation token", "confirm_dangerous_command gives a new one"],
  ["invalid regex", "RE2 syntax, without look-around and back-references"],
  ["input rate limit exceeded", "write less, or wait a second"],
  ["no recoverable session", "pty_spawn starts a new one"],
]

/** What the caller reads. `onFault` hears of what is our own fault. */
export function failureText(error: unknown, onFault: (error: unknown) => void): string {
  const text = plainText(error)
  if (text === null) {
    onFault(error)
    return "internal error; the server's log says more"
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
