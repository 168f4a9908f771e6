// The protocol's side: a server of the official library over a desk. One per connection, or per request over HTTP.

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
import { listed } from "../tools/schema.ts"
import { shownTools, toolNamed } from "../tools/table.ts"
import type { Tool } from "../tools/tool.ts"
import { reportProgress } from "./progress.ts"
import { readResource, resourcesOf, TEMPLATES } from "./resources.ts"

const INSTRUCTIONS =
  "Real terminals. pty_spawn runs a command and returns a session_id; pass the same owner to every call. Type with pty_write, read new output with pty_read, wait with pty_read_until or pty_prompt, end with pty_close. People may watch and take over."

const CAPABILITIES = { tools: {}, resources: { subscribe: true, listChanged: true } }

/** What a server has besides the tools for agents; `call` and `read` answer undefined for what is not theirs. */
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

/** A server that is not connected yet. One that lasts tells of changes; `era` says who decides what of them is wanted. */
export function protocolServer(
  desk: McpClient,
  era: McpRequestContext["era"],
  lasting: boolean,
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
    tools: [...shownTools(desk.settings).map(listed), ...(extras?.tools ?? [])],
  }))
  server.setRequestHandler("tools/call", async ({ params }, context) => {
    const extra = extras?.call(params.name, params.arguments ?? {}, context)
    if (extra) return extra
    const tool = toolNamed(params.name)
    if (!tool) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `unknown tool: ${params.name}`)
    return callTool(desk, tool, params.arguments ?? {}, context, canElicit(server, context))
  })
  addResources(server, desk, extras)
  if (lasting) tellChanges(server, desk, addSubscriptions(server, era))
  return server
}

function addResources(server: Server, desk: McpClient, extras?: Extras): void {
  server.setRequestHandler("resources/list", () => ({
    resources: [...resourcesOf(desk), ...(extras?.resources ?? [])],
  }))
  server.setRequestHandler("resources/templates/list", () => ({
    resourceTemplates: [...TEMPLATES, ...(extras?.templates ?? [])],
  }))
  server.setRequestHandler(
    "resources/read",
    ({ params }) => extras?.read(params.uri) ?? readResource(desk, params.uri),
  )
}

/** Answers what is subscribed to; in the 2026 revision the library filters. */
function addSubscriptions(server: Server, era: McpRequestContext["era"]): (uri: string) => boolean {
  if (era === "modern") return () => true
  const wanted = new Set<string>()
  server.setRequestHandler("resources/subscribe", ({ params }) => {
    wanted.add(params.uri)
    return {}
  })
  server.setRequestHandler("resources/unsubscribe", ({ params }) => {
    wanted.delete(params.uri)
    return {}
  })
  return uri => wanted.has(uri)
}

function tellChanges(server: Server, desk: McpClient, wanted: (uri: string) => boolean): void {
  // a client that has gone, or has not said hello yet, is told nothing
  const quietly = (sent: Promise<void>) => void sent.catch(() => {})
  const stop = desk.updates.listen({
    listChanged: () => quietly(server.sendResourceListChanged()),
    updated: uri => {
      if (wanted(uri)) quietly(server.sendResourceUpdated({ uri }))
    },
  })
  const closed = server.onclose
  server.onclose = () => {
    stop()
    closed?.()
  }
}

async function callTool(
  desk: McpClient,
  tool: Tool,
  args: Record<string, unknown>,
  context: ServerContext,
  canElicit: boolean,
) {
  const { signal, inputResponses: answers = {} } = context.mcpReq
  const stop = tool.waits ? reportProgress(context) : () => {}
  try {
    const outcome = await invoke(desk, tool, args, signal, { canElicit, answers })
    if (isInputRequiredResult(outcome)) return outcome
    const { text, structured } = outcome
    return { content: [{ type: "text" as const, text }], structuredContent: structured }
  } catch (error) {
    const text = failureText(error, desk.onFault)
    return { content: [{ type: "text" as const, text }], isError: true }
  } finally {
    stop()
  }
}

/** Said with each request in the 2026 revision, once for all before. */
function canElicit(server: Server, { mcpReq }: ServerContext): boolean {
  const envelope = mcpReq.envelope as Record<string, ClientCapabilities> | undefined
  const capabilities = envelope?.[CLIENT_CAPABILITIES_META_KEY] ?? server.getClientCapabilities()
  return capabilities?.elicitation !== undefined
}
