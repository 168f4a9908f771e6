// `ptyline mcp`: the tools for agents on stdio, through the running server or a core that agents share.

import { spawn } from "node:child_process"
import { self } from "#runtime/self.ts"
import { PtylineError } from "../../core/lib/errors.ts"
import { delay } from "../../core/lib/wake.ts"
import { ownDirectory, stateDirectory } from "../../store/state/directory.ts"
import { ownServer } from "../connect/connection.ts"
import { checkedUrl } from "../connect/target.ts"
import {
  oneOf,
  parseFlags,
  refuseWord,
  UsageError,
  type Variables,
  variableOf,
  withEnvironment,
} from "../lib/flags.ts"
import { openLog } from "../serve/log.ts"
import { Bridge, type BridgeTarget, localServer } from "./bridge.ts"
import { MCP_FLAGS } from "./flags.ts"

/**
 * How long a core may take to start, how soon another one is started (it yields to the first), and the time
 * between two checks, in ms.
 */
const PATIENCE_MS = 20_000
const RETRY_MS = 3000
const POLL_MS = 10

/** Serves until stdin ends or a signal comes. Resolves with the exit code. */
export async function mcp(args: string[], env: Variables): Promise<number> {
  const { values, words } = withEnvironment(parseFlags(args, MCP_FLAGS), MCP_FLAGS, env)
  refuseWord(words[0])
  openLog(env.PTY_MCP_LOG_FORMAT === "json" ? "json" : "text", levelOf(env.PTY_MCP_LOG))
  const stop = stopSignal()
  const human = oneOf("approve", values.approve as string, ["off", "human"]) === "human"
  if (values.url !== undefined && human)
    throw new UsageError(
      "--approve works with a local server only; on the other one: ptyline serve --approve human",
    )
  if (values.url !== undefined)
    return (await Bridge.open(remote(String(values.url), env.PTYLINE_TOKEN || undefined), env)).carry(stop)
  return local(env, { holders: values.holders !== false, human }, stop)
}

function levelOf(name = "info"): "debug" | "info" | "warning" {
  if (name === "debug") return "debug"
  return name === "warn" || name === "error" ? "warning" : "info"
}

/** Throws `UsageError` for an invalid address, or one with a token: other users can read command lines. */
function remote(url: string, token?: string): BridgeTarget {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new UsageError(`--url takes an address such as https://host:8000/, got ${JSON.stringify(url)}`)
  const { origin } = new URL(checkedUrl("--url", url))
  if (token === undefined) throw new UsageError(`--url needs a token in ${variableOf("token")}`)
  return { url: `${origin.replace("http", "ws")}/mcp/bridge`, token, near: false }
}

type McpOptions = { holders: boolean; human: boolean }

/** Throws `unavailable` if the running server lets agents confirm dangerous commands themselves. */
async function requireApprovals(env: Variables): Promise<void> {
  const connection = await ownServer(env)
  if (!connection || (await connection.call("approvals", {})).required) return
  throw new PtylineError(
    "unavailable",
    "the running server does not require approvals; restart it with --approve human",
  )
}

/** Serves through the core of the state directory; starts one if none runs. */
async function local(env: Variables, options: McpOptions, stop: AbortSignal): Promise<number> {
  const bridge = await anyCore(env, options, stop)
  return bridge.carry(stop)
}

/** Throws `denied` if the state directory cannot be created or others can access it. */
async function anyCore(env: Variables, options: McpOptions, stop: AbortSignal): Promise<Bridge> {
  ownDirectory(stateDirectory(env))
  const deadline = performance.now() + PATIENCE_MS
  let started = Number.NEGATIVE_INFINITY
  for (;;) {
    const bridge = await openBridge(env, options)
    if (bridge) return bridge
    const now = performance.now()
    if (now > deadline || stop.aborted)
      throw new PtylineError(
        "unavailable",
        `cannot start a core for ${stateDirectory(env)}; ptyline doctor checks why`,
      )
    if (now - started > RETRY_MS) {
      startCore(options)
      started = now
    }
    await delay(POLL_MS)
  }
}

/** Returns null when no server runs, or when it is stopping. */
async function openBridge(env: Variables, options: McpOptions): Promise<Bridge | null> {
  const server = await localServer(env)
  if (!server) return null
  if (options.human) await requireApprovals(env)
  return Bridge.open(server, env).catch(() => null)
}

/**
 * Starts a core as a separate process, which stays while other clients use it. Another client may start one
 * at the same time; the second one exits.
 */
function startCore({ holders, human }: McpOptions): void {
  const [command, ...args] = self.command()
  const words = [...(human ? ["human"] : []), ...(holders ? ["holders"] : [])]
  const core = spawn(command!, [...args, "__mcp-core", ...words], { detached: true, stdio: "ignore" })
  core.on("error", () => {}) // `anyCore` reports that none started
  core.unref()
}

/** Returns a signal that aborts on SIGINT, SIGTERM or SIGHUP. */
function stopSignal(): AbortSignal {
  const stop = new AbortController()
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(name, () => stop.abort())
  return stop.signal
}
