// The protocol's side: a server of the official library over a desk. One per connection, or per request over HTTP.

import { ProtocolError, ProtocolErrorCode, Server, type ServerContext } from "@modelcontextprotocol/server"
import { VERSION } from "../version.ts"
import type { Desk } from "./desk.ts"
import { failureText } from "./failure.ts"
import { invoke } from "./invoke.ts"
import { reportProgress } from "./progress.ts"
import { listed } from "./schema.ts"
import type { Tool } from "./tool.ts"
import { shownTools, toolNamed } from "./tools.ts"

const INSTRUCTIONS =
  "Real terminals. pty_spawn runs a command and returns a session_id; pass the same owner to every call. Type with pty_write, read new output with pty_read, wait with pty_read_until or pty_prompt, end with pty_close. People may watch and take over."

/** A server that is not connected yet. */
export function protocolServer(desk: Desk): Server {
  const server = new Server(
    { name: "ptyline", version: VERSION },
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
  )
  server.setRequestHandler("tools/list", () => ({ tools: shownTools(desk.settings).map(listed) }))
  server.setRequestHandler("tools/call", async ({ params }, context) => {
    const tool = toolNamed(params.name)
    if (!tool) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `unknown tool: ${params.name}`)
    return callTool(desk, tool, params.arguments ?? {}, context)
  })
  return server
}

async function callTool(desk: Desk, tool: Tool, args: Record<string, unknown>, context: ServerContext) {
  const stop = tool.waits ? reportProgress(context) : () => {}
  try {
    const { text, structured } = await invoke(desk, tool, args, context.mcpReq.signal)
    return { content: [{ type: "text" as const, text }], structuredContent: structured }
  } catch (error) {
    const text = failureText(error, desk.onFault)
    return { content: [{ type: "text" as const, text }], isError: true }
  } finally {
    stop()
  }
}
