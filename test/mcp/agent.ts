// A test agent: `ptyline mcp` on stdio, driven by the official MCP client, with its own home directory.

import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Client } from "@modelcontextprotocol/client"
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio"
import { Home, program } from "../program.ts"

export type Result = { text: string; structured: Record<string, unknown>; isError: boolean }
type Arguments = Record<string, unknown>

export class Agent {
  readonly client = new Client({ name: "a test", version: "1" })
  readonly transport: StdioClientTransport
  readonly home: Home
  #ownHome: boolean
  stderr = ""

  private constructor(env: Record<string, string>, home?: Home, flags: string[] = []) {
    this.#ownHome = home === undefined
    this.home = home ?? new Home()
    const [command, ...args] = [...program(), "mcp", ...flags]
    this.transport = new StdioClientTransport({
      command: command!,
      args,
      cwd: this.home.path,
      env: { ...this.home.env, ...env },
      stderr: "pipe",
    })
    this.transport.stderr?.on("data", bytes => {
      this.stderr += String(bytes)
    })
  }

  /** Starts an agent; `env` has its settings. */
  static async start(env: Record<string, string> = {}, home?: Home, flags?: string[]): Promise<Agent> {
    const agent = new Agent(env, home, flags)
    await agent.client.connect(agent.transport)
    return agent
  }

  /** The pid of the process that owns the sessions: a shared core or a server. */
  get corePid(): number {
    return JSON.parse(readFileSync(join(this.home.state, "server.json"), "utf8")).pid
  }

  /** Calls a tool. The owner is "o" by default. */
  async call(tool: string, args: Arguments = {}, options: { signal?: AbortSignal } = {}): Promise<Result> {
    const answer = await this.client.callTool({ name: tool, arguments: { owner: "o", ...args } }, options)
    const [content] = answer.content as { type: string; text: string }[]
    if (answer.content.length !== 1 || content!.type !== "text")
      throw new Error(`expected one text: ${JSON.stringify(answer.content)}`)
    const structured = (answer.structuredContent ?? {}) as Record<string, unknown>
    return { text: content!.text, structured, isError: answer.isError === true }
  }

  /** Returns the text of a call. Throws if it fails. */
  async text(tool: string, args: Arguments = {}): Promise<string> {
    const { text, isError } = await this.call(tool, args)
    if (isError) throw new Error(`${tool} failed: ${text}`)
    return text
  }

  /** Returns the JSON of a call. Throws if it fails. */
  // biome-ignore lint/suspicious/noExplicitAny: every tool has its own document; the tests check it
  async json(tool: string, args: Arguments = {}): Promise<any> {
    return JSON.parse(await this.text(tool, args))
  }

  /** Returns the error text of a call. Throws if it succeeds. */
  async failure(tool: string, args: Arguments = {}): Promise<string> {
    const { text, isError } = await this.call(tool, args)
    if (!isError) throw new Error(`${tool} did not fail: ${text}`)
    return text
  }

  /** Starts a session and returns its id. */
  spawn(command: string, more: Arguments = {}): Promise<string> {
    return this.text("pty_spawn", { command, ...more })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close()
    if (this.#ownHome) this.home[Symbol.dispose]()
  }
}

/** Returns the result of some work and its duration in ms. */
export async function timed<T>(work: Promise<T>): Promise<{ value: T; ms: number }> {
  const start = performance.now()
  const value = await work
  return { value, ms: performance.now() - start }
}
