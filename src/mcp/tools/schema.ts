// The arguments of all tools, said once by name, and the JSON schemas made of them. Terse: a model reads every byte.

import type { JSONObject } from "@modelcontextprotocol/server"
import type { Tool } from "./tool.ts"

type Schema = JSONObject

const TEXT = { type: "string" }
const WHOLE = { type: "integer" }
const YES = { type: "boolean" }

const ARGUMENTS: Record<string, Schema> = {
  backend: { enum: ["subprocess", "tmux"] },
  client_id: TEXT,
  cols: WHOLE,
  command: TEXT,
  cwd: TEXT,
  dangerous_confirm_token: TEXT,
  dangerous_confirmed: YES,
  dangerous_justification: TEXT,
  data: TEXT,
  durable: YES,
  env: { type: "object" },
  format: { enum: ["text", "json"] },
  from_client_id: TEXT,
  idle_timeout_sec: WHOLE,
  input_rate_bps: WHOLE,
  justification: TEXT,
  max_chars: WHOLE,
  max_output_bytes: WHOLE,
  name: TEXT,
  offset: WHOLE,
  owner: TEXT,
  pattern: TEXT,
  patterns: { type: "array", items: TEXT },
  quiescence_ms: WHOLE,
  rate_limit_bps: WHOLE,
  read_timeout_ms: WHOLE,
  reason: TEXT,
  regex: YES,
  rows: WHOLE,
  scope: { enum: ["read-only", "read-write", "control", "admin"] },
  separate_streams: YES,
  session_id: TEXT,
  sig: { enum: ["INT", "TERM", "KILL", "HUP", "QUIT"] },
  spawn_timeout_sec: WHOLE,
  stream: { enum: ["pty", "stdout", "stderr"] },
  tag: TEXT,
  target_client_id: TEXT,
  timeout_ms: WHOLE,
  tmux_workspace: TEXT,
  tty_mode: { enum: ["raw", "cooked"] },
}

/** A tool as `tools/list` gives it. */
export function listed(tool: Tool) {
  return {
    name: tool.name,
    description: tool.description,
    inputSchema: inputSchema(tool.takes),
    annotations: annotationsOf(tool),
  }
}

function annotationsOf({ readOnly, destructive }: Tool) {
  if (readOnly) return { readOnlyHint: true }
  return { destructiveHint: destructive ?? false }
}

function inputSchema(takes: string): {
  type: "object"
  properties: Record<string, Schema>
  required?: string[]
} {
  const names = takes.split(" ").filter(Boolean)
  const required = names.filter(name => name.endsWith("*")).map(name => name.slice(0, -1))
  const properties = Object.fromEntries(
    names.map(name => name.replace("*", "")).map(name => [name, schemaOf(name)]),
  )
  return { type: "object", properties, ...(required.length > 0 && { required }) }
}

function schemaOf(name: string): Schema {
  const schema = ARGUMENTS[name]
  if (!schema) throw new Error(`no schema for the argument ${name}`)
  return schema
}
