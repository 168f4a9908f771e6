// The snapshots of the program's contract, taken from the running program so that a change shows in a diff.

import { join } from "node:path"
import { mopPaths } from "../../src/compat/mop/http/openapi.ts"
import { openApiDocument } from "../../src/http/api/openapi.ts"
import { VERSION } from "../../src/version.ts"
import { eventually } from "../helpers.ts"
import { AttachClient } from "../http/attach-client.ts"
import { TestServer } from "../http/server.ts"
import { Agent } from "../mcp/agent.ts"
import { Home } from "../program.ts"

/** Returns the path of a committed snapshot. */
export const snapshotPath = (name: string): string => join(import.meta.dir, name)

/** The snapshots by name, with the functions that take them. */
export const SNAPSHOTS: Record<string, () => Promise<string>> = {
  "openapi.json": async () => `${JSON.stringify(openApiDocument(VERSION, mopPaths()), null, 2)}\n`,
  "help.txt": helpTexts,
  "wire.txt": dialogue,
  "mcp-tools.json": mcpLists,
}

/** Returns the help of the program and of all its commands. */
async function helpTexts(): Promise<string> {
  using home = new Home()
  const help = async (...words: string[]) => (await home.run(...words, "--help")).stdout
  const all = await help()
  const commands = [...all.slice(all.indexOf("COMMANDS")).matchAll(/^ +([a-z][a-z-]*) {2,}/gm)].map(match => match[1]!)
  const texts = await Promise.all(commands.map(async name => `$ ptyline ${name} --help\n${await help(name)}`))
  return `$ ptyline --help\n${all}\n${texts.join("\n")}`
}

/** The lists of `ptyline mcp`, one entry per line, with the control and admin tools off and on. */
async function mcpLists(): Promise<string> {
  await using agent = await Agent.start()
  await using admin = await Agent.start({
    PTY_MCP_ENABLE_CONTROL_TOOLS: "1",
    PTY_MCP_ENABLE_ADMIN_TOOLS: "1",
  })
  const { client } = agent
  const lists: Record<string, unknown[]> = {
    instructions: [client.getInstructions()],
    capabilities: [client.getServerCapabilities()],
    tools: (await client.listTools()).tools,
    allTools: (await admin.client.listTools()).tools,
    resources: (await client.listResources()).resources,
    resourceTemplates: (await client.listResourceTemplates()).resourceTemplates,
  }
  const text = Object.entries(lists).map(([name, entries]) => {
    const lines = entries.map(entry => `    ${JSON.stringify(entry)}`)
    return `  ${JSON.stringify(name)}: [\n${lines.join(",\n")}\n  ]`
  })
  return `{\n${text.join(",\n")}\n}\n`
}

/** One conversation over the terminal socket with every kind of frame; `>` is what the client says. */
async function dialogue(): Promise<string> {
  await using server = new TestServer()
  const id = await server.start("read x; exit 3", { backend: "pipe", log_limit: 65536 })
  const { sink } = server.sessions.get(id)
  const print = (text: string) => sink.output(new TextEncoder().encode(text), "stdout")
  print("x".repeat(65536))
  print("\x1b]0;title\x07hello \x1b[c")
  await eventually(() => server.sessions.get(id).title === "title", "the title")
  await using client = AttachClient.to(server, id, { query: "from=0&client=ann" })
  await client.until(() => client.bytes.length === 65536, "the replay")
  await client.until(() => client.all("title").length === 2, "the title in order")
  await client.frame("viewers")
  const exchange: [string, () => Promise<unknown>][] = [
    ['{"type":"ping","t":1}', () => client.frame("pong")],
    ['{"type":"resize","cols":80,"rows":24}', () => client.until(() => client.all("resize").length === 2, "the size")],
    ['{"type":"ack","offset":5}', async () => {}],
    ['{"type":"signal","signal":"WINCH"}', async () => {}],
    ['{"type":"take"}', () => client.frame("lease")],
    ['{"type":"release"}', () => client.until(() => client.all("lease").length === 2, "the release")],
    ['{"type":"nonsense"}', () => client.frame("error")],
  ]
  const lines: string[] = []
  let shown = 0
  const show = () => {
    for (; shown < client.frames.length; shown++) lines.push(frameText(client.frames[shown]!))
  }
  show()
  for (const [frame, replied] of exchange) {
    lines.push(`> ${frame}`)
    client.send(frame)
    await replied()
    show()
  }
  lines.push('> bytes "\\n"')
  client.type("\n")
  const { code, reason } = await client.end()
  show()
  return `${lines.join("\n").replaceAll(id, "s_…").replace(/"since":"[^"]+"/g, '"since":"…"')}\nclose ${code} ${reason}\n`
}

function frameText(frame: AttachClient["frames"][number]): string {
  if (!(frame instanceof Uint8Array)) return JSON.stringify(frame)
  const text = JSON.stringify(Buffer.from(frame).toString("latin1"))
  return `bytes ${text.length > 60 ? `${text.slice(0, 8)}…${text.slice(-40)} (${frame.length})` : text}`
}
