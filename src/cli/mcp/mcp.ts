// `ptyline mcp`: the tools for agents on stdio, over the running server of the state directory, or over a core that agents share.

import { spawn } from "node:child_process"
import { ownCommand } from "../../backends/holder/start.ts"
import { PtylineError } from "../../core/lib/errors.ts"
import { delay } from "../../core/lib/wake.ts"
import { ownDirectory, stateDirectory } from "../../store/state/directory.ts"
import { ownServer } from "../connect/connection.ts"
import { checkedUrl, type Variables } from "../connect/target.ts"
import { parseFlags, twin, UsageError, withEnvironment } from "../lib/flags.ts"
import { openLog } from "../serve/log.ts"
import { Bridge, type BridgeTarget, localServer } from "./bridge.ts"
import { MCP_FLAGS } from "./flags.ts"

/** How long a core may take to start, in ms; after how long another one is tried, which yields to the first; between two looks. */
const PATIENCE_MS = 20_000
const RETRY_MS = 3000
const POLL_MS = 10

/** Serves until stdin ends or a signal comes. Resolves with the exit code. */
export async function mcp(args: string[], env: Variables): Promise<number> {
  const { values, words } = withEnvironment(parseFlags(args, MCP_FLAGS), MCP_FLAGS, env)
  if (words.length > 0) throw new UsageError(`unexpected word ${JSON.stringify(words[0])}`)
  openLog(env.PTY_MCP_LOG_FORMAT === "json" ? "json" : "text", levelOf(env.PTY_MCP_LOG))
  const stop = stopped()
  const human = values.approve === "human"
  if (!human && values.approve !== "off") throw new UsageError("--approve must be off or human")
  if (values.url !== undefined && human)
    throw new UsageError("--approve is the server's own business: ptyline serve --approve human")
  if (values.url !== undefined)
    return (await Bridge.open(remote(String(values.url), env.PTYLINE_TOKEN || undefined), env)).carry(stop)
  return local(env, { holders: values.holders !== false, human }, stop)
}

function levelOf(name = "info"): "debug" | "info" | "warning" {
  if (name === "debug") return "debug"
  return name === "warn" || name === "error" ? "warning" : "info"
}

/** Throws `UsageError` also for a token in the address: command lines are everybody's to read. */
function remote(url: string, token?: string): BridgeTarget {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new UsageError(`--url takes an address such as https://host:8000/, got ${JSON.stringify(url)}`)
  const { origin } = new URL(checkedUrl("--url", url))
  if (token === undefined) throw new UsageError(`--url needs a token: ${twin("token")}`)
  return { url: `${origin.replace("http", "ws")}/mcp/bridge`, token, near: false }
}

type McpOptions = { holders: boolean; human: boolean }

/** Throws `unavailable` for a running server that lets agents confirm by themselves. */
async function demandApprovals(env: Variables): Promise<void> {
  const connection = await ownServer(env)
  if (!connection || (await connection.call("approvals", {})).required) return
  throw new PtylineError(
    "unavailable",
    "the running server asks for no approvals; start it with --approve human",
  )
}

/** On whatever core the state directory has; where there is none, one is started. */
async function local(env: Variables, wishes: McpOptions, stop: AbortSignal): Promise<number> {
  const bridge = await anyCore(env, wishes, stop)
  return bridge.carry(stop)
}

/** Throws `denied` for a state directory that cannot be made, or is not this user's alone. */
async function anyCore(env: Variables, wishes: McpOptions, stop: AbortSignal): Promise<Bridge> {
  ownDirectory(stateDirectory(env))
  const deadline = performance.now() + PATIENCE_MS
  let started = Number.NEGATIVE_INFINITY
  for (;;) {
    const bridge = await reached(env, wishes)
    if (bridge) return bridge
    const now = performance.now()
    if (now > deadline || stop.aborted)
      throw new PtylineError("unavailable", `no core can be started for ${stateDirectory(env)}`)
    if (now - started > RETRY_MS) {
      startCore(wishes)
      started = now
    }
    await delay(POLL_MS)
  }
}

/** Null when there is no server, or one that is just going. */
async function reached(env: Variables, wishes: McpOptions): Promise<Bridge | null> {
  const server = await localServer(env)
  if (!server) return null
  if (wishes.human) await demandApprovals(env)
  return Bridge.open(server, env).catch(() => null)
}

/** A process of its own that outlives this one if others use it by then. That another one starts it at the same time is fine. */
function startCore({ holders, human }: McpOptions): void {
  const [command, ...words] = ownCommand()
  const wishes = [...(human ? ["human"] : []), ...(holders ? ["holders"] : [])]
  const core = spawn(command!, [...words, "__mcp-core", ...wishes], { detached: true, stdio: "ignore" })
  core.on("error", () => {}) // whoever waits for it says that it is not there
  core.unref()
}

/** Aborts at the first signal that asks this process to end. */
function stopped(): AbortSignal {
  const stop = new AbortController()
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(name, () => stop.abort())
  return stop.signal
}
