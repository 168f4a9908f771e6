// The JSON schemas of all tool parameters. They are terse because a model reads every byte.

import type { JSONObject } from "@modelcontextprotocol/server"
import type { Tool } from "./tool.ts"

type Schema = JSONObject

const STRING = { type: "string" }

const named = (names: string, schema: Schema): Record<string, Schema> =>
  Object.fromEntries(names.split(" ").map(name => [name, schema]))

const PARAMETERS: Record<string, Schema> = {
  ...named(
    "client_id command cwd dangerous_confirm_token dangerous_justification data from_client_id",
    STRING,
  ),
  ...named("justification name owner pattern reason session_id tag target_client_id tmux_workspace", STRING),
  ...named("cols idle_timeout_sec input_rate_bps max_chars max_output_bytes offset", { type: "integer" }),
  ...named("quiescence_ms rate_limit_bps read_timeout_ms rows spawn_timeout_sec timeout_ms", {
    type: "integer",
  }),
  ...named("dangerous_confirmed durable regex separate_streams", { type: "boolean" }),
  backend: { enum: ["subprocess", "tmux"] },
  env: { type: "object" },
  format: { enum: ["text", "json"] },
  patterns: { type: "array", items: STRING },
  scope: { enum: ["read-only", "read-write", "control", "admin"] },
  sig: { enum: ["INT", "TERM", "KILL", "HUP", "QUIT"] },
  stream: { enum: ["pty", "stdout", "stderr"] },
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
