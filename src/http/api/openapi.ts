// OpenAPI 3.1 document: the operation table, and the other routes, which are listed here.

import { z } from "zod"
import { operations } from "../../ops/index.ts"
import type { Media, Operation } from "../../ops/operation.ts"
import { ErrorBody } from "../../ops/shapes.ts"
import { STATUS } from "./errors.ts"

type Json = Record<string, unknown>

/** Returns the document for a server of this version. `more`: paths of its other surfaces. */
export function openApiDocument(version: string, more: Record<string, Json> = {}): Json {
  const paths: Record<string, Json> = {}
  const add = (path: string, method: string, item: Json) => {
    const key = path.replace(/:(\w+)/g, "{$1}")
    paths[key] = { ...paths[key], [method]: item }
  }
  for (const op of operations) add(op.http.path, op.http.method.toLowerCase(), operationItem(op))
  for (const { path, method, item } of ROUTES)
    add(path, method, { ...item, responses: { ...(item.responses as Json), ...errorResponses() } })
  return {
    openapi: "3.1.0",
    info: {
      title: "ptyline",
      version,
      description: "Terminal sessions shared by browsers, agents, scripts and shells.",
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

/** The response's media types: every text type, and JSON unless the output is always text. */
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
const query = (name: string, schema: Json): Json => parameter(name, "query", schema, false)
const from = query("from", {
  type: "integer",
  description: "the first offset to send; default: the oldest available",
})
const ticket = query("ticket", {
  type: "string",
  description: "from POST /v1/tickets, for clients that cannot send headers",
})
const encoding = query("encoding", { type: "string", enum: ["base64", "utf8"], default: "base64" })
const snapshot = query("snapshot", {
  type: "string",
  enum: ["auto", "never", "always"],
  description:
    "send the rendered screen in place of earlier output: auto = for a terminal, without an offset to resume at; omitted = only when the start of the output is no longer available",
})
const mode = query("mode", {
  type: "string",
  enum: ["view", "control"],
  description: "default: the caller's widest access",
})
const client = query("client", {
  type: "string",
  description: "the client's name, shown as owner of the lease; default: a generated name",
})
const take = query("take", {
  type: "boolean",
  default: false,
  description: "take the lease at once; the socket closes with 4409 when another client takes it",
})
const events = (description: string): Json => ({
  200: { description, content: { "text/event-stream": { schema: { type: "string" } } } },
})
const open = { security: [] }
const token = { type: "object", properties: { token: { type: "string" } }, required: ["token"] }

const route = (method: string, path: string, item: Json) => ({ method, path, item })

const ROUTES = [
  route("get", "/v1/sessions/:id/stream", {
    operationId: "stream",
    summary: "Follow a session's output as server-sent events; Last-Event-ID resumes",
    parameters: [id, from, encoding, ticket],
    responses: events(
      "events: output (id = next offset), gap, resize, title; exit after the last byte, then the stream ends",
    ),
  }),
  route("get", "/v1/sessions/:id/attach", {
    operationId: "attach",
    summary: "Attach a terminal by WebSocket, subprotocol ptyline.v1; from resumes",
    description: "Binary frames are terminal bytes in both directions; text frames are JSON control frames.",
    parameters: [id, from, mode, snapshot, client, take, ticket],
    responses: { 101: { description: "the socket" } },
  }),
  route("get", "/v1/events", {
    operationId: "events",
    summary: "Follow events of all sessions as server-sent events",
    parameters: [],
    responses: events(
      "events: session.created, session.updated, session.exited, session.removed, lease.changed; missed when some are no longer available",
    ),
  }),
  route("post", "/v1/login", {
    operationId: "login",
    summary: "Sign a browser in: sets an HttpOnly cookie",
    ...open,
    requestBody: { required: true, content: { "application/json": { schema: token } } },
    responses: { 204: { description: "signed in" } },
  }),
  route("post", "/v1/logout", {
    operationId: "logout",
    summary: "Sign a browser out",
    ...open,
    responses: { 204: { description: "signed out" } },
  }),
  route("get", "/healthz", {
    operationId: "healthz",
    summary: "Check that the server is up",
    ...open,
    responses: { 200: { description: "yes" } },
  }),
  route("get", "/readyz", {
    operationId: "readyz",
    summary: "Check that the server accepts sessions",
    ...open,
    responses: { 200: { description: "yes" } },
  }),
  route("get", "/metrics", {
    operationId: "metrics",
    summary: "Metrics for Prometheus",
    responses: { 200: { description: "text exposition format" } },
  }),
]
