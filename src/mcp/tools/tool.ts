// The type of a tool and of its calls and results.

import type { InputRequiredResult } from "@modelcontextprotocol/server"
import type { Session } from "../../core/session/session.ts"
import type { McpClient } from "../session/client.ts"
import type { McpSession, Scope } from "../session/session.ts"
import type { Args } from "./parse.ts"

/** `text` is the contract's result; `structured` has the same data, and more, for programs. */
export type ToolResult = { text: string; structured: Record<string, unknown> }

/** One call. `signal` aborts when the caller cancels it or disconnects. */
export type ToolCall = {
  client: McpClient
  args: Args
  owner: string | undefined
  signal: AbortSignal
  elicitation: Elicitation
}
/** Whether the caller's user can be asked a question, and the answers so far. */
export type Elicitation = { canElicit: boolean; answers: Record<string, unknown> }
/** One call on a session that the caller may use. */
export type SessionCall = ToolCall & { session: Session; mcpSession: McpSession; clientId?: string }

type Common = {
  name: string
  description: string
  /** Parameter names, required ones with a star. schema.ts has their types. */
  parameters: string
  /** Shown only when this group is enabled. */
  group?: "control" | "admin"
  readOnly?: boolean
  destructive?: boolean
  /** A call may take long, so it reports progress to callers that asked for it. */
  waits?: boolean
}
type Outcome = ToolResult | InputRequiredResult
type PlainTool = Common & { run(call: ToolCall): Outcome | Promise<Outcome> }
export type SessionTool = Common & {
  /** The narrowest scope that allows the tool. */
  scope: Scope
  /** Rejected while another client owns the lease. */
  leased?: boolean
  onSession(call: SessionCall): ToolResult | Promise<ToolResult>
}
export type Tool = PlainTool | SessionTool

/** The parameters of every session tool, and those of tools that a lease restricts. */
export const SESSION_PARAMS = "session_id* owner"
export const LEASED_PARAMS = `${SESSION_PARAMS} client_id`

/** A result that is one JSON document. */
export const json = (value: Record<string, unknown>): ToolResult => ({
  text: JSON.stringify(value),
  structured: value,
})

export const OK: ToolResult = { text: "ok", structured: { ok: true } }
