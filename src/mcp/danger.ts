// The confirmation step for commands that look dangerous (contract pty-mcp, 3.8). A seat belt: the same agent can confirm.

import { dangersOf } from "../core/danger.ts"
import type { Args } from "./arguments.ts"
import type { Desk } from "./desk.ts"
import { ToolError } from "./failure.ts"
import { type Answer, type Call, json, seconds } from "./tool.ts"

export type Confirmation = {
  matches: string[]
  mode: "none" | "token" | "legacy"
  /** Gives the token back: nothing was started. */
  undo: () => void
}

/** Throws the contract's refusals for a command that needs a confirmation and has none. */
export function confirmed(
  desk: Desk,
  args: Args,
  wanted: { command: string; owner?: string; scope: string },
): Confirmation {
  const matches = dangersOf(wanted.command, desk.dangers)
  const free = { matches, mode: "none" as const, undo: () => {} }
  if (matches.length === 0) return free
  const token = args.text("dangerous_confirm_token")
  if (token !== undefined)
    return { ...free, mode: "token", undo: desk.sessions.confirmations.claim(token, wanted) }
  if (!desk.settings.legacyConfirmation)
    throw new ToolError("dangerous command detected; confirmation token required")
  if (args.flag("dangerous_confirmed") || args.text("dangerous_justification")?.trim())
    return { ...free, mode: "legacy" }
  throw new ToolError("dangerous command detected; use confirm_dangerous_command")
}

export function confirm({ desk, args, owner }: Call): Answer {
  const command = args.required("command")
  const matches = dangersOf(command, desk.dangers)
  if (matches.length === 0) return json({ ok: true, dangerous: false, matches })
  if (!args.text("justification")?.trim())
    return json({ ok: false, dangerous: true, matches, error: "justification required" })
  const grant = { command, owner, scope: args.text("scope") }
  const { token, expiresAt } = desk.sessions.confirmations.give(grant, desk.settings.confirmTtlSec * 1000)
  return json({ ok: true, dangerous: true, matches, confirm_token: token, expires_at: seconds(expiresAt) })
}
