// The protocol server of a client: one per connection, or per HTTP request.

import {
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type InputRequiredResult,
  isInputRequiredResult,
  type Tool as ListedTool,
  type McpRequestContext,
  ProtocolError,
  ProtocolErrorCode,
  type ReadResourceResult,
  type Resource,
  type ResourceTemplateType,
  Server,
  type ServerCapabilities,
  type ServerContext,
  type ServerOptions,
} from "@modelcontextprotocol/server"
import { VERSION } from "../../version.ts"
import type { McpClient } from "../session/client.ts"
import { failureText } from "../tools/failure.ts"
import { invoke } from "../tools/invoke.ts"
import { toolListing } from "../tools/schema.ts"
import { shownTools, toolNamed } from "../tools/table.ts"
import type { Tool } from "../tools/tool.ts"
import { reportProgress } from "./progress.ts"
import { readResource, resourcesOf, TEMPLATES } from "./resources.ts"

const INSTRUCTIONS =
  "Real terminals. pty_spawn runs a command and returns a session_id; pass the same owner to every call. Type with pty_write, read new output with pty_read, wait with pty_read_until or pty_prompt, end with pty_close. People may watch and take control."

const CAPABILITIES = { tools: {}, resources: { subscribe: true, listChanged: true } }

/** Additions of the conformance fixtures. `call` and `read` return undefined for unknown names. */
export type Extras = {
  capabilities: ServerCapabilities
  requestState: ServerOptions["requestState"]
  tools: ListedTool[]
  resources: Resource[]
  templates: ResourceTemplateType[]
  call(
    name: string,
    args: Record<string, unknown>,
    context: ServerContext,
  ): Promise<CallToolResult | InputRequiredResult> | CallToolResult | InputRequiredResult | undefined
  read(uri: string): ReadResourceResult | undefined
}

/** Returns an unconnected server of a protocol revision. A persistent one sends change notifications. */
export function protocolServer(
  client: McpClient,
  era: McpRequestContext["era"],
  persistent: boolean,
  extras?: Extras,
): Server {
  const server = new Server(
    { name: "ptyline", version: VERSION },
    {
      capabilities: { ...CAPABILITIES, ...extras?.capabilities },
      instructions: INSTRUCTIONS,
      ...(extras && { requestState: extras.requestState }),
    },
  )
  server.setRequestHandler("tools/list", () => ({
    tools: [...shownTools(client.settings).map(toolListing), ...(extras?.tools ?? [])],
  }))
  server.setRequestHandler("tools/call", async ({ params }, context) => {
    const extra = extras?.call(params.name, params.arguments ?? {}, context)
    if (extra) return extra
    const tool = toolNamed(params.name)
    if (!tool) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `unknown tool: ${params.name}`)
    return callTool(client, tool, params.arguments ?? {}, context, canElicit(server, context))
  })
  addResources(server, client, extras)
  if (persistent) sendChanges(server, client, addSubscriptions(server, era))
  return server
}

function addResources(server: Server, client: McpClient, extras?: Extras): void {
  server.setRequestHandler("resources/list", () => ({
    resources: [...resourcesOf(client), ...(extras?.resources ?? [])],
  }))
  server.setRequestHandler("resources/templates/list", () => ({
    resourceTemplates: [...TEMPLATES, ...(extras?.templates ?? [])],
  }))
  server.setRequestHandler(
    "resources/read",
    ({ params }) => extras?.read(params.uri) ?? readResource(client, params.uri),
  )
}

/** Returns a test for subscribed URIs. In the 2026 revision the library filters itself. */
function addSubscriptions(server: Server, era: McpRequestContext["era"]): (uri: string) => boolean {
  if (era === "modern") return () => true
  const subscribed = new Set<string>()
  server.setRequestHandler("resources/subscribe", ({ params }) => {
    subscribed.add(params.uri)
    return {}
  })
  server.setRequestHandler("resources/unsubscribe", ({ params }) => {
    subscribed.delete(params.uri)
    return {}
  })
  return uri => subscribed.has(uri)
}

function sendChanges(server: Server, client: McpClient, subscribed: (uri: string) => boolean): void {
  // sending fails before the handshake and after the connection has closed
  const quietly = (sent: Promise<void>) => void sent.catch(() => {})
  const stop = client.updates.listen({
    listChanged: () => quietly(server.sendResourceListChanged()),
    updated: uri => {
      if (subscribed(uri)) quietly(server.sendResourceUpdated({ uri }))
    },
  })
  const closed = server.onclose
  server.onclose = () => {
    stop()
    closed?.()
  }
}

async function callTool(
  client: McpClient,
  tool: Tool,
  args: Record<string, unknown>,
  context: ServerContext,
  canElicit: boolean,
) {
  const { signal, inputResponses: answers = {} } = context.mcpReq
  const stop = tool.waits ? reportProgress(context) : () => {}
  try {
    const outcome = await invoke(client, tool, args, signal, { canElicit, answers })
    if (isInputRequiredResult(outcome)) return outcome
    const { text, structured } = outcome
    return { content: [{ type: "text" as const, text }], structuredContent: structured }
  } catch (error) {
    const text = failureText(error, client.onFault)
    return { content: [{ type: "text" as const, text }], isError: true }
  } finally {
    stop()
  }
}

/** The 2026 revision sends capabilities with each request, older ones in the handshake. */
function canElicit(server: Server, { mcpReq }: ServerContext): boolean {
  const envelope = mcpReq.envelope as Record<string, ClientCapabilities> | undefined
  const capabilities = envelope?.[CLIENT_CAPABILITIES_META_KEY] ?? server.getClientCapabilities()
  return capabilities?.elicitation !== undefined
}
