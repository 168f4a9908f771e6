// The protocol over HTTP: the 2026 revision per request, the 2025 ones with sessions of their own. All callers share one desk.

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

/** Sessions of the protocol that are open at once; the one that was silent for longest goes. */
const MOST_SESSIONS = 256
const SESSION_HEADER = "mcp-session-id"

/** Makes a server of the protocol for a desk. */
type Make = (...given: [desk: McpClient, era: "modern" | "legacy", lasting: boolean]) => Server

export class McpHttp {
  #desk: McpClient
  #make: Make
  #modern: McpHttpHandler
  #stateless: (request: Request) => Promise<Response>
  #sessions = new Map<string, WebStandardStreamableHTTPServerTransport>()

  constructor(desk: McpClient, make: Make) {
    this.#desk = desk
    this.#make = make
    const noise = (error: Error) => desk.onNoise(error)
    this.#modern = createMcpHandler(() => make(desk, "modern", false), { legacy: "reject", onerror: noise })
    this.#stateless = legacyStatelessFallback(() => make(desk, "legacy", false), noise)
    const { resourcesChanged: listChanged, resourceUpdated: updated } = this.#modern.notify
    desk.updates.listen({ listChanged, updated })
  }

  async fetch(request: Request): Promise<Response> {
    if (!(await isLegacyRequest(request))) return this.#modern.fetch(request)
    const id = request.headers.get(SESSION_HEADER)
    if (id !== null) return this.#inSession(id, request)
    return (await opensSession(request)) ? this.#open(request) : this.#stateless(request)
  }

  async close(): Promise<void> {
    const open = [...this.#sessions.values()]
    await Promise.all([this.#modern.close(), this.#desk.close(), ...open.map(transport => transport.close())])
  }

  #inSession(id: string, request: Request): Response | Promise<Response> {
    const transport = this.#sessions.get(id)
    if (!transport) return Response.json(NO_SESSION, { status: 404 })
    // the newest is the last
    this.#sessions.delete(id)
    this.#sessions.set(id, transport)
    return transport.handleRequest(request)
  }

  async #open(request: Request): Promise<Response> {
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: id => this.#keep(id, transport),
    })
    const server = this.#make(this.#desk, "legacy", true)
    const closed = server.onclose
    server.onclose = () => {
      this.#sessions.delete(transport.sessionId ?? "")
      closed?.()
    }
    await server.connect(transport)
    return transport.handleRequest(request)
  }

  #keep(id: string, transport: WebStandardStreamableHTTPServerTransport): void {
    this.#sessions.set(id, transport)
    const [oldest] = this.#sessions
    if (this.#sessions.size > MOST_SESSIONS && oldest) void oldest[1].close()
  }
}

const NO_SESSION = { jsonrpc: "2.0", error: { code: -32001, message: "Session not found" }, id: null }

/** Is it an initialize request? A body that cannot be read is refused by whoever reads it next. */
async function opensSession(request: Request): Promise<boolean> {
  if (request.method !== "POST") return false
  const body: unknown = await request
    .clone()
    .json()
    .catch(() => null)
  const messages = Array.isArray(body) ? body : [body]
  return messages.some(message => (message as { method?: unknown } | null)?.method === "initialize")
}
