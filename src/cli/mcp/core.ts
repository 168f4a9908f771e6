// `ptyline __mcp-core`: the core that `ptyline mcp` processes share while no server runs.

import { backendList } from "../../backends/choose.ts"
import { loginShell } from "../../core/access/policy.ts"
import { surviveUncaughtErrors } from "../../core/lib/uncaught-errors.ts"
import type { Sessions } from "../../core/registry/sessions.ts"
import { Auth, newToken } from "../../http/access/auth.ts"
import { serverFacts } from "../../http/api/facts.ts"
import { createApp } from "../../http/app.ts"
import { listen } from "../../http/server.ts"
import { McpSurface } from "../../mcp/protocol/surface.ts"
import { settingsOf } from "../../mcp/session/settings.ts"
import { StateDirectory, stateDirectory } from "../../store/state/directory.ts"
import type { Variables } from "../lib/flags.ts"
import { faultLogger, openCore, requireApprovals } from "../serve/core.ts"
import { openLog } from "../serve/log.ts"

/** How long the core waits for its first client, in ms. */
const FIRST_MS = 15_000

/**
 * Serves the Unix socket until the last client and the last viewer are gone. Resolves with the exit code.
 * `words` can contain "human" (a person approves dangerous commands) and "holders" (sessions may be durable).
 */
export async function shareCore(words: string[], env: Variables): Promise<number> {
  const log = openLog("text", "warning")
  const state = new StateDirectory(stateDirectory(env))
  const defaults = { argv: loginShell(env), cwd: process.cwd() }
  const facts = serverFacts(defaults.argv, defaults.cwd, () => backendList("auto"))
  const onFault = faultLogger(log)
  const holders = words.includes("holders")
  const sessions = await openCore({ ...defaults, pty: "auto", env, limits: {}, holders }, state, log)
  const patterns = settingsOf(env).dangerousPatterns
  if (words.includes("human")) requireApprovals("human", patterns ?? [], sessions)
  const surface = new McpSurface({ sessions, onFault }, env)
  const app = createApp({
    sessions,
    auth: new Auth(newToken(), sessions.grants),
    guard: { allowHosts: [], allowOrigins: [], secure: false },
    facts,
    cookieName: () => "ptyline",
    onError: onFault,
    mcp: surface,
  })
  const listener = listen({ unix: state.socket }, app.fetch)
  state.announce({ pid: process.pid, url: null, started_at: facts().started_at })
  surviveUncaughtErrors(onFault)
  await unused(surface, sessions)
  await listener.stop()
  await surface.close()
  await sessions.close(0)
  state.release()
  return 0
}

/** Time between two checks for viewers, in ms. */
const CHECK_MS = 500

/** Resolves when no agent is connected and no viewer is attached, or on a signal. */
async function unused(surface: McpSurface, sessions: Sessions): Promise<void> {
  const stop = new AbortController()
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(name, () => stop.abort())
  if (surface.bridges === 0) await surface.changed.wait(stop.signal, FIRST_MS)
  const watched = () =>
    sessions.list().some(session => session.life.state === "running" && session.viewers.count > 0)
  while ((surface.bridges > 0 || watched()) && !stop.signal.aborted)
    await surface.changed.wait(stop.signal, surface.bridges > 0 ? undefined : CHECK_MS)
}
