// `ptyline mcp`: the tools for agents on stdio, over the running server of the state directory, or over a core of its own.

import type { Logger } from "@logtape/logtape"
import { backendList } from "../backends/choose.ts"
import { PtylineError } from "../core/errors.ts"
import { loginShell } from "../core/policy.ts"
import { delay } from "../core/wake.ts"
import { createApp } from "../http/app.ts"
import { Auth, newToken } from "../http/auth.ts"
import { listen } from "../http/server.ts"
import { serveLines } from "../mcp/connection.ts"
import { Desk } from "../mcp/desk.ts"
import { settingsOf } from "../mcp/settings.ts"
import { McpSurface } from "../mcp/surface.ts"
import { State, stateDirectory } from "../store/state.ts"
import { VERSION } from "../version.ts"
import { bridge, localServer } from "./bridge.ts"
import { ownServer } from "./connection.ts"
import { faultLogger, openCore, requireApprovals } from "./core.ts"
import { parseFlags, twin, UsageError, withEnvironment } from "./flags.ts"
import { openLog } from "./log.ts"
import { MCP_FLAGS } from "./mcp-flags.ts"
import type { Env } from "./target.ts"

/** How long another process may take to start or to stop, in ms. */
const PATIENCE_MS = 5000

/** Serves until stdin ends or a signal comes. Resolves with the exit code. */
export async function mcp(args: string[], env: Env): Promise<number> {
  const { values, words } = withEnvironment(parseFlags(args, MCP_FLAGS), MCP_FLAGS, env)
  if (words.length > 0) throw new UsageError(`unexpected word ${JSON.stringify(words[0])}`)
  const log = openLog(env.PTY_MCP_LOG_FORMAT === "json" ? "json" : "text", levelOf(env.PTY_MCP_LOG))
  const stop = stopped()
  const human = values.approve === "human"
  if (!human && values.approve !== "off") throw new UsageError("--approve must be off or human")
  if (values.url !== undefined && human)
    throw new UsageError("--approve is the server's own business: ptyline serve --approve human")
  if (values.url !== undefined)
    return bridge(remote(String(values.url), values.token as string | undefined), env, stop)
  return local(env, { holders: values.holders !== false, human }, log, stop)
}

function levelOf(name = "info"): "debug" | "info" | "warning" {
  if (name === "debug") return "debug"
  return name === "warn" || name === "error" ? "warning" : "info"
}

function remote(url: string, token?: string) {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new UsageError(`--url takes an address such as https://host:8000/, got ${JSON.stringify(url)}`)
  const { origin, hash } = new URL(url)
  const secret = token ?? /^#token=(.+)$/.exec(hash)?.[1]
  if (secret === undefined) throw new UsageError(`--url needs a token: ${twin("token")}`)
  return { url: `${origin.replace("http", "ws")}/mcp/bridge`, token: secret, near: false }
}

type Wishes = { holders: boolean; human: boolean }

/** Throws `unavailable` for a running server that lets agents confirm by themselves. */
async function demandApprovals(env: Env): Promise<void> {
  const connection = await ownServer(env)
  if (!connection || (await connection.call("approvals", {})).required) return
  throw new PtylineError(
    "unavailable",
    "the running server asks for no approvals; start it with --approve human",
  )
}

/** On whatever core the state directory has; two that start at once agree on who owns it. */
async function local(env: Env, wishes: Wishes, log: Logger, stop: AbortSignal): Promise<number> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const server = await localServer(env)
    if (server) {
      if (wishes.human) await demandApprovals(env)
      return bridge(server, env, stop)
    }
    const state = ownState(env, performance.now() < deadline)
    if (state) return own(state, env, wishes, log, stop)
    await delay(50)
  }
}

/** Null when another process has just taken it. */
function ownState(env: Env, patient: boolean): State | null {
  try {
    return new State(stateDirectory(env))
  } catch (error) {
    if (patient && error instanceof PtylineError && error.code === "conflict") return null
    throw error
  }
}

/** A core of this process, which other ptylines of the state directory reach through its socket. */
async function own(
  state: State,
  env: Env,
  { holders, human }: Wishes,
  log: Logger,
  stop: AbortSignal,
): Promise<number> {
  const facts = { argv: loginShell(env), cwd: process.cwd() }
  const startedAt = new Date().toISOString()
  const onFault = faultLogger(log)
  const sessions = await openCore({ ...facts, pty: "auto", env, limits: {}, holders }, state, log)
  const settings = settingsOf(env)
  requireApprovals(human ? "human" : "off", human ? (settings.dangerousPatterns ?? []) : [], sessions)
  const surface = new McpSurface({ sessions, onFault }, env)
  const app = createApp({
    sessions,
    auth: new Auth(newToken(), sessions.grants),
    guard: { allowHosts: [], allowOrigins: [], secure: false },
    facts: () => ({
      version: VERSION,
      pid: process.pid,
      started_at: startedAt,
      cmd: facts.argv,
      cwd: facts.cwd,
      backends: backendList("auto"),
    }),
    cookieName: () => "ptyline",
    onError: onFault,
    mcp: surface,
  })
  const listener = listen({ unix: state.socket }, app.fetch)
  state.announce({ pid: process.pid, url: null, started_at: startedAt })
  const desk = new Desk({ sessions, settings, onFault })
  await serveStdio(desk, stop)
  await surface.close()
  await sessions.close(0)
  await listener.stop()
  state.release()
  return 0
}

async function serveStdio(desk: Desk, stop: AbortSignal): Promise<void> {
  stop.addEventListener("abort", () => process.stdin.destroy())
  await serveLines(desk, process.stdin, process.stdout)
}

/** Aborts at the first signal that asks this process to end. */
function stopped(): AbortSignal {
  const stop = new AbortController()
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(name, () => stop.abort())
  return stop.signal
}
