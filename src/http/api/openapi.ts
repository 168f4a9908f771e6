// The OpenAPI 3.1 document, read off the operation table; the streams, which are no operations, are said here.

import { z } from "zod"
import { operations } from "../../ops/index.ts"
import type { Media, Operation } from "../../ops/operation.ts"
import { ErrorBody } from "../../ops/shapes.ts"
import { STATUS } from "./errors.ts"

type Json = Record<string, unknown>

/** The document for a server of this version; `more`: paths of other surfaces that it has. */
export function openApiDocument(version: string, more: Record<string, Json> = {}): Json {
  const paths: Record<string, Json> = {}
  const add = (path: string, method: string, item: Json) => {
    const key = path.replace(/:(\w+)/g, "{$1}")
    paths[key] = { ...paths[key], [method]: item }
  }
  for (const op of operations) add(op.http.path, op.http.method.toLowerCase(), operationItem(op))
  for (const [path, method, item] of STREAMS)
    add(path, method, { ...item, responses: { ...(item.responses as Json), ...errorResponses() } })
  return {
    openapi: "3.1.0",
    info: {
      title: "ptyline",
      version,
      description: "Programs in terminals, shared by browsers, agents, scripts and shells.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    security: [{ bearer: [] }, { cookie: [] }],
    paths: { ...paths, ...more },
    components: {
      schemas: { Error: schemaOf(ErrorBody, "output") },
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "the server's token" },
        cookie: {
          type: "apiKey",
          in: "cookie",
          name: "ptyline",
          description: "set by POST /v1/login; its name ends with the server's port",
        },
      },
    },
  }
}

function schemaOf(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" }) as Json
  return rest
}

function operationItem(op: Operation): Json {
  const input = schemaOf(op.input, "input")
  const properties = (input.properties ?? {}) as Record<string, Json>
  const inPath = [...op.http.path.matchAll(/:(\w+)/g)].map(match => match[1]!)
  const rest = Object.keys(properties).filter(name => !inPath.includes(name))
  const required = (input.required ?? []) as string[]
  const parameters = inPath.map(name => parameter(name, "path", properties[name]!, true))
  const body = op.http.method === "POST" || op.http.method === "PATCH"
  if (!body)
    parameters.push(...rest.map(name => parameter(name, "query", properties[name]!, required.includes(name))))
  return {
    operationId: op.name,
    summary: op.summary,
    description: `Needs ${op.access} access.`,
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: requestBody(rest, properties, required) }),
    responses: {
      [op.http.status ?? 200]: {
        ...jsonResponse("done", schemaOf(op.output, "output")),
        ...(op.http.media && { content: mediaContent(op, op.http.media) }),
      },
      ...errorResponses(),
    },
  }
}

const parameter = (name: string, place: "path" | "query", schema: Json, required: boolean): Json => ({
  name,
  in: place,
  required,
  ...(typeof schema.description === "string" && { description: schema.description }),
  schema,
})

function requestBody(names: string[], properties: Record<string, Json>, required: string[]): Json {
  const schema = {
    type: "object",
    properties: Object.fromEntries(names.map(name => [name, properties[name]])),
    required: required.filter(name => names.includes(name)),
    additionalProperties: false,
  }
  return { required: schema.required.length > 0, content: { "application/json": { schema } } }
}

const jsonResponse = (description: string, schema: Json): Json => ({
  description,
  content: { "application/json": { schema } },
})

/** Every kind of text that the answer may be, and JSON where it may be more than text. */
function mediaContent(op: Operation, { field, types, streamed }: Media): Json {
  const schema = schemaOf(op.output, "output")
  const texts = Object.entries(types).map(([value, type]) => [
    type,
    { schema: { type: "string", description: `with ${field}=${value}` } },
  ])
  const onlyText = streamed || schema.type === "string"
  return { ...Object.fromEntries(texts), ...(!onlyText && { "application/json": { schema } }) }
}

function errorResponses(): Json {
  const codes = Object.entries(STATUS).map(([code, status]) => `${code} ${status}`)
  return { default: jsonResponse(`an error: ${codes.join(", ")}`, { $ref: "#/components/schemas/Error" }) }
}

const id = parameter("id", "path", { type: "string", description: "the session's id or name" }, true)
const from = parameter(
  "from",
  "query",
  { type: "integer", description: "the first offset wanted; the oldest kept by default" },
  false,
)
const ticket = parameter(
  "ticket",
  "query",
  { type: "string", description: "from POST /v1/tickets, for clients that cannot send headers" },
  false,
)
const choice = (name: string, values: string[]): Json =>
  parameter(name, "query", { type: "string", enum: values, default: values[0] }, false)
const events = (description: string): Json => ({
  200: { description, content: { "text/event-stream": { schema: { type: "string" } } } },
})
const open = { security: [] }

const snapshot = parameter(
  "snapshot",
  "query",
  {
    type: "string",
    enum: ["auto", "never", "always"],
    description:
      "the rendered screen in place of the output that led to it: auto = for a terminal, when there is no offset to resume at; omitted = only when the beginning of the output is no longer kept",
  },
  false,
)

const mode = parameter(
  "mode",
  "query",
  { type: "string", enum: ["view", "control"], description: "omitted = as much as the caller may" },
  false,
)
const client = parameter(
  "client",
  "query",
  {
    type: "string",
    description: "what the client calls itself, for the lease; a name is made up for one that does not say",
  },
  false,
)
const take = parameter(
  "take",
  "query",
  {
    type: "boolean",
    default: false,
    description: "take the lease at once; the socket closes with 4409 when another client takes it",
  },
  false,
)

const STREAMS: [path: string, method: string, item: Json][] = [
  [
    "/v1/sessions/:id/stream",
    "get",
    {
      operationId: "stream",
      summary: "Follow a session's output as server-sent events; resumes by Last-Event-ID",
      parameters: [id, from, choice("encoding", ["base64", "utf8"]), ticket],
      responses: events(
        "events output (id = next offset), gap, resize, title; after the last byte exit, then the end",
      ),
    },
  ],
  [
    "/v1/sessions/:id/attach",
    "get",
    {
      operationId: "attach",
      summary: "Attach a terminal by WebSocket, subprotocol ptyline.v1; resumes by from",
      description: "Binary frames are terminal bytes both ways, text frames are JSON control frames.",
      parameters: [id, from, mode, snapshot, client, take, ticket],
      responses: { 101: { description: "the socket" } },
    },
  ],
  [
    "/v1/events",
    "get",
    {
      operationId: "events",
      summary: "Follow what happens to all sessions as server-sent events",
      parameters: [],
      responses: events(
        "events session.created, session.updated, session.exited, session.removed, lease.changed; missed when some are no longer kept",
      ),
    },
  ],
  [
    "/v1/login",
    "post",
    {
      operationId: "login",
      summary: "Sign a browser in: sets an HttpOnly cookie",
      ...open,
      requestBody: {
        required: true,
        content: {
          "application/json": {
            schema: { type: "object", properties: { token: { type: "string" } }, required: ["token"] },
          },
        },
      },
      responses: { 204: { description: "signed in" } },
    },
  ],
  [
    "/v1/logout",
    "post",
    {
      operationId: "logout",
      summary: "Sign a browser out",
      ...open,
      responses: { 204: { description: "signed out" } },
    },
  ],
  [
    "/healthz",
    "get",
    {
      operationId: "healthz",
      summary: "Is the server there?",
      ...open,
      responses: { 200: { description: "yes" } },
    },
  ],
  [
    "/readyz",
    "get",
    {
      operationId: "readyz",
      summary: "Does it take sessions?",
      ...open,
      responses: { 200: { description: "yes" } },
    },
  ],
  [
    "/metrics",
    "get",
    {
      operationId: "metrics",
      summary: "Figures for Prometheus",
      responses: { 200: { description: "text exposition format" } },
    },
  ],
]
