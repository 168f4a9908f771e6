// MOP's paths in the OpenAPI document: the endpoint table, process and the streams.

import type { Json } from "../responses.ts"
import { ENDPOINTS, type Endpoint } from "./endpoints.ts"
import { type Fields, text } from "./fields.ts"

export function mopPaths(): Record<string, Json> {
  return {
    ...Object.fromEntries(ENDPOINTS.map(endpoint => [endpoint.path, { post: operation(endpoint) }])),
    "/mop/process": { get: PROCESS },
    "/mop/power/stream/read": { post: STREAM },
    "/mop/power/sock/{alias}": { get: SOCK },
  }
}

const nameOf = (path: string): string => path.slice(1).replace(/\W+/g, "_")

const operation = ({ path, summary, fields, unknown, notPublic, result }: Endpoint): Json => ({
  operationId: nameOf(path),
  tags: ["MOP"],
  summary,
  requestBody: bodyOf(fields),
  responses: {
    200: json("success; code is 0", object({ status: { type: "string" }, ...result, code: { const: 0 } })),
    ...(notPublic && { 403: json(notPublic, FAILURE) }),
    ...(unknown && { 404: json(unknown, FAILURE) }),
    422: json("invalid body", INVALID),
    default: json("failure; code is 1 and status has the reason", FAILURE),
  },
})

function bodyOf(fields: Fields): Json {
  const entries = Object.entries(fields)
  const required = entries.filter(([, field]) => !field.fallback).map(([name]) => name)
  const properties = Object.fromEntries(entries.map(([name, { schema }]) => [name, schema]))
  return { required: true, content: { "application/json": { schema: { ...object(properties), required } } } }
}

const object = (properties: Json): Json => ({ type: "object", properties })
const json = (description: string, schema: Json): Json => ({
  description,
  content: { "application/json": { schema } },
})

const FAILURE = object({ status: { type: "string" }, code: { const: 1 } })
const INVALID = object({ detail: { type: "array", items: { type: "object", additionalProperties: true } } })

const COMMON = {
  command: { type: "array", items: { type: "string" } },
  server_id: { type: "string" },
  uptime: { type: "string", description: "whole seconds" },
  version: { type: "string" },
  code: { const: 0 },
}

const PROCESS: Json = {
  operationId: "mop_process",
  tags: ["MOP"],
  summary: "The command and the number of sessions; 428 without a session",
  responses: {
    200: json(
      "at least one session",
      object({
        ...COMMON,
        sessions: { type: "integer" },
        pub_key: { type: "string" },
        pending_writes: { type: "integer" },
      }),
    ),
    428: json("no session; not an error", object({ status: { type: "string" }, ...COMMON })),
  },
}

const STREAM: Json = {
  operationId: "mop_power_stream_read",
  tags: ["MOP"],
  summary: "Follow a session's output as server-sent events",
  requestBody: bodyOf({ key: text }),
  responses: {
    200: {
      description:
        'frames data: {"stdout","stderr"}; the first has all retained output; the comment : heartbeat follows 15 s of silence',
      content: { "text/event-stream": { schema: { type: "string" } } },
    },
    404: json("Invalid Key", FAILURE),
  },
}

const SOCK: Json = {
  operationId: "mop_power_sock",
  tags: ["MOP"],
  summary: "Attach to a session by WebSocket; described in /asyncapi.yaml",
  parameters: [
    {
      name: "alias",
      in: "path",
      required: true,
      description: "from POST /mop/alias; Public for the public session",
      schema: { type: "string" },
    },
  ],
  responses: {
    101: { description: "the socket" },
    403: json("unknown or used alias", FAILURE),
  },
}
