// What a tool is: a record that the list, the checks and the calls read.

import type { InputRequiredResult } from "@modelcontextprotocol/server"
import type { Session } from "../../core/session/session.ts"
import type { McpClient } from "../session/client.ts"
import type { McpSession, Scope } from "../session/session.ts"
import type { Args } from "./parse.ts"

/** `text` is the answer; `structured` says the same for programs, and more. */
export type ToolResult = { text: string; structured: Record<string, unknown> }

/** One call. `signal` aborts when the caller cancelled it or went away. */
export type ToolCall = {
  desk: McpClient
  args: Args
  owner: string | undefined
  signal: AbortSignal
  asker: Asker
}
/** Can the caller's user be asked back, and what did they answer so far? */
export type Asker = { canElicit: boolean; answers: Record<string, unknown> }
/** One call on a session that the caller may use. */
export type SessionCall = ToolCall & { session: Session; book: McpSession; clientId: string | undefined }

type Common = {
  name: string
  description: string
  /** Argument names, required ones with a star; their types are in schema.ts. */
  takes: string
  /** Shown only when it is switched on. */
  group?: "control" | "admin"
  readOnly?: boolean
  destructive?: boolean
  /** A call may take long: whoever asked for progress gets it. */
  waits?: boolean
}
type Outcome = ToolResult | InputRequiredResult
export type PlainTool = Common & { run(call: ToolCall): Outcome | Promise<Outcome> }
export type SessionTool = Common & {
  /** The narrowest scope that allows it. */
  scope: Scope
  /** Does a lease of another client refuse it? */
  leased?: boolean
  onSession(call: SessionCall): ToolResult | Promise<ToolResult>
}
export type Tool = PlainTool | SessionTool

/** An answer that is one JSON document. */
export const json = (value: Record<string, unknown>): ToolResult => ({
  text: JSON.stringify(value),
  structured: value,
})

export const text = (answer: string, structured: Record<string, unknown>): ToolResult => ({
  text: answer,
  structured,
})

export const OK: ToolResult = { text: "ok", structured: { ok: true } }

/** Seconds since 1970, as these tools tell times. */
export const seconds = (time: Date | number): number => Number(time) / 1000
