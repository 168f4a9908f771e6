// The JSON schemas of all tool parameters. They are terse because a model reads every byte.

import type { JSONObject } from "@modelcontextprotocol/server"
import type { Tool } from "./tool.ts"

type Schema = JSONObject

const STRING = { type: "string" }
const INTEGER = { type: "integer" }
const BOOLEAN = { type: "boolean" }

const PARAMETERS: Record<string, Schema> = {
  backend: { enum: ["subprocess", "tmux"] },
  client_id: STRING,
  cols: INTEGER,
  command: STRING,
  cwd: STRING,
  dangerous_confirm_token: STRING,
  dangerous_confirmed: BOOLEAN,
  dangerous_justification: STRING,
  data: STRING,
  durable: BOOLEAN,
  env: { type: "object" },
  format: { enum: ["text", "json"] },
  from_client_id: STRING,
  idle_timeout_sec: INTEGER,
  input_rate_bps: INTEGER,
  justification: STRING,
  max_chars: INTEGER,
  max_output_bytes: INTEGER,
  name: STRING,
  offset: INTEGER,
  owner: STRING,
  pattern: STRING,
  patterns: { type: "array", items: STRING },
  quiescence_ms: INTEGER,
  rate_limit_bps: INTEGER,
  read_timeout_ms: INTEGER,
  reason: STRING,
  regex: BOOLEAN,
  rows: INTEGER,
  scope: { enum: ["read-only", "read-write", "control", "admin"] },
  separate_streams: BOOLEAN,
  session_id: STRING,
  sig: { enum: ["INT", "TERM", "KILL", "HUP", "QUIT"] },
  spawn_timeout_sec: INTEGER,
  stream: { enum: ["pty", "stdout", "stderr"] },
  tag: STRING,
  target_client_id: STRING,
  timeout_ms: INTEGER,
  tmux_workspace: STRING,
  tty_mode: { enum: ["raw", "cooked"] },
}

/** Returns a tool's entry in `tools/list`. */
export function toolListing(tool: Tool) {
  return {
    name: tool.name,
    description: tool.description,
    inputSchema: inputSchema(tool.parameters),
    annotations: annotationsOf(tool),
  }
}

function annotationsOf({ readOnly, destructive }: Tool) {
  if (readOnly) return { readOnlyHint: true }
  return { destructiveHint: destructive ?? false }
}

function inputSchema(parameters: string): {
  type: "object"
  properties: Record<string, Schema>
  required?: string[]
} {
  const names = parameters.split(" ").filter(Boolean)
  const required = names.filter(name => name.endsWith("*")).map(name => name.slice(0, -1))
  const properties = Object.fromEntries(
    names.map(name => name.replace("*", "")).map(name => [name, schemaOf(name)]),
  )
  return { type: "object", properties, ...(required.length > 0 && { required }) }
}

function schemaOf(name: string): Schema {
  const schema = PARAMETERS[name]
  if (!schema) throw new Error(`no schema for parameter ${name}`)
  return schema
}
