// Where a shell command's operations go: to the server of this state directory, or to a core made for this one call.

import { existsSync } from "node:fs"
import { backendChooser, backendList } from "../backends/choose.ts"
import { PtylineError } from "../core/errors.ts"
import { loginShell } from "../core/policy.ts"
import { Sessions } from "../core/sessions.ts"
import { httpCall } from "../http/client.ts"
import { type Call, localCall } from "../ops/local.ts"
import { socketPath, stateDirectory } from "../store/state.ts"
import { VERSION } from "../version.ts"

export type Env = Record<string, string | undefined>

/** Operations on the running server, through its Unix socket. Throws `unavailable` when none runs. */
export function serverCall(env: Env): Call {
  const directory = stateDirectory(env)
  const unix = socketPath(directory)
  if (!existsSync(unix))
    throw new PtylineError("unavailable", `no server runs for ${directory}; start one with: ptyline serve`)
  return httpCall("http://localhost/", { fetch: (url, init) => fetch(url, { ...init, unix } as RequestInit) })
}

/** A core of this process alone; `close` ends what it started. */
export function ownCore(env: Env, signal: AbortSignal): { call: Call; close: () => Promise<void> } {
  const cwd = process.cwd()
  const sessions = new Sessions(backendChooser("auto"), {
    argv: loginShell(env),
    cwd,
    env: env as Record<string, string>,
  })
  const facts = {
    version: VERSION,
    pid: process.pid,
    started_at: new Date().toISOString(),
    cmd: loginShell(env),
    cwd,
  }
  const host = {
    facts: () => ({ ...facts, backends: backendList("auto") }),
    issueTicket: () => {
      throw new PtylineError("unavailable", "a ticket needs a server")
    },
  }
  return { call: localCall({ sessions, host, access: "admin", signal }), close: () => sessions.close(1000) }
}

/** Does a server answer on this state directory's socket? */
export const serverRuns = (env: Env): boolean => existsSync(socketPath(stateDirectory(env)))
