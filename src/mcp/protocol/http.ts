// MCP over HTTP: stateless in the 2026 revision, with protocol sessions in 2025. Callers share one client.

import { randomUUID } from "node:crypto"
import {
  createMcpHandler,
  isLegacyRequest,
  legacyStatelessFallback,
  type McpHttpHandler,
  type Server,
  WebStandardStreamableHTTPServerTransport,
} from "@modelcontextprotocol/server"
import type { McpClient } from "../session/client.ts"

/** Most open protocol sessions. Above it the one used least recently is closed. */
const MAX_SESSIONS = 256
const SESSION_HEADER = "mcp-session-id"

type MakeServer = (client: McpClient, era: "modern" | "legacy", persistent: boolean) => Server

export class McpHttp {
  #client: McpClient
  #makeServer: MakeServer
  #modern: McpHttpHandler
  #stateless: (request: Request) => Promise<Response>
  #sessions = new Map<string, WebStandardStreamableHTTPServerTransport>()

  constructor(client: McpClient, makeServer: MakeServer) {
    this.#client = client
    this.#makeServer = makeServer
    const onerror = (error: Error) => client.onProtocolError(error)
    this.#modern = createMcpHandler(() => makeServer(client, "modern", false), { legacy: "reject", onerror })
    this.#stateless = legacyStatelessFallback(() => makeServer(client, "legacy", false), onerror)
    const { resourcesChanged: listChanged, resourceUpdated: updated } = this.#modern.notify
    client.updates.listen({ listChanged, updated })
  }

  async fetch(request: Request): Promise<Response> {
    if (!(await isLegacyRequest(request))) return this.#modern.fetch(request)
    const id = request.headers.get(SESSION_HEADER)
    if (id !== null) return this.#inSession(id, request)
    return (await opensSession(request)) ? this.#open(request) : this.#stateless(request)
  }

  async close(): Promise<void> {
    const sessions = [...this.#sessions.values()].map(transport => transport.close())
    await Promise.all([this.#modern.close(), this.#client.close(), ...sessions])
  }

  #inSession(id: string, request: Request): Response | Promise<Response> {
    const transport = this.#sessions.get(id)
    if (!transport) return Response.json(NO_SESSION, { status: 404 })
    // insertion order is the order of use
    this.#sessions.delete(id)
    this.#sessions.set(id, transport)
    return transport.handleRequest(request)
  }

  async #open(request: Request): Promise<Response> {
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: id => this.#add(id, transport),
    })
    const server = this.#makeServer(this.#client, "legacy", true)
    const closed = server.onclose
    server.onclose = () => {
      this.#sessions.delete(transport.sessionId ?? "")
      closed?.()
    }
    await server.connect(transport)
    return transport.handleRequest(request)
  }

  #add(id: string, transport: WebStandardStreamableHTTPServerTransport): void {
    this.#sessions.set(id, transport)
    const [oldest] = this.#sessions
    if (this.#sessions.size > MAX_SESSIONS && oldest) void oldest[1].close()
  }
}

const NO_SESSION = { jsonrpc: "2.0", error: { code: -32001, message: "Session not found" }, id: null }

/** Whether the request is an initialize request. The next reader rejects an unreadable body. */
async function opensSession(request: Request): Promise<boolean> {
  if (request.method !== "POST") return false
  const body: unknown = await request
    .clone()
    .json()
    .catch(() => null)
  const messages = Array.isArray(body) ? body : [body]
  return messages.some(message => (message as { method?: unknown } | null)?.method === "initialize")
}
