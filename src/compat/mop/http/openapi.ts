// MOP's paths for the OpenAPI document, read off the endpoint table; the streams and process are said here.

import { ENDPOINTS, type Endpoint } from "./endpoints.ts"
import { type Fields, text } from "./fields.ts"
import type { Json } from "../responses.ts"

/** Path items by path. */
export function mopPaths(): Record<string, Json> {
  return {
    ...Object.fromEntries(ENDPOINTS.map(endpoint => [endpoint.path, { post: operation(endpoint) }])),
    "/mop/process": { get: PROCESS },
    "/mop/power/stream/read": { post: STREAM },
    "/mop/power/sock/{alias}": { get: SOCK },
  }
}

const nameOf = (path: string): string => path.slice(1).replace(/\W+/g, "_")

const operation = ({ path, summary, fields, unknown, notPublic, answer }: Endpoint): Json => ({
  operationId: nameOf(path),
  tags: ["MOP"],
  summary,
  requestBody: bodyOf(fields),
  responses: {
    200: json("done; code is 0", object({ status: { type: "string" }, ...answer, code: { const: 0 } })),
    ...(notPublic && { 403: json(notPublic, FAILURE) }),
    ...(unknown && { 404: json(unknown, FAILURE) }),
    422: json("the body does not fit", INVALID),
    default: json("failed; code is 1 and status says why", FAILURE),
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
  summary: "What is run, and how many sessions there are; 428 while there is none",
  responses: {
    200: json(
      "sessions run",
      object({
        ...COMMON,
        sessions: { type: "integer" },
        pub_key: { type: "string" },
        pending_writes: { type: "integer" },
      }),
    ),
    428: json("no session yet, which is no error", object({ status: { type: "string" }, ...COMMON })),
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
        'frames data: {"stdout","stderr"}, the first with all that is retained; the comment : heartbeat after 15 s of silence',
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
    403: json("an alias that is unknown or used", FAILURE),
  },
}
