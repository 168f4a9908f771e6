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

/** Operations on the running server, through its Unix socket; null when none runs, or one left its socket and died. */
export async function serverCall(env: Env): Promise<Call | null> {
  const unix = socketPath(stateDirectory(env))
  const ours = (url: string, init: RequestInit = {}) =>
    fetch(url, { ...init, unix, timeout: false } as RequestInit)
  const answers =
    existsSync(unix) &&
    (await ours("http://localhost/healthz").then(
      () => true,
      () => false,
    ))
  return answers ? httpCall("http://localhost/", { fetch: ours }) : null
}

export const noServer = (env: Env): PtylineError =>
  new PtylineError("unavailable", `no server runs for ${stateDirectory(env)}; start one with: ptyline serve`)

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
