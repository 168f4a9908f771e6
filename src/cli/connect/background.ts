// Background server: started when a session needs it, stopped when no session has run for a while.

import { spawn } from "node:child_process"
import { existsSync, openSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { self } from "#runtime/self.ts"
import { PtylineError } from "../../core/lib/errors.ts"
import type { Sessions } from "../../core/registry/sessions.ts"
import { ownDirectory, stateDirectory } from "../../store/state/directory.ts"
import type { Variables } from "../lib/flags.ts"
import { ownServer, type ServerConnection } from "./connection.ts"

/** How long a server may take to start, and the pause between two checks, in ms. */
const START_MS = 20_000
const CHECK_MS = 20
/** How long the server stays without a running session, in seconds. */
const LINGER_S = 60
/** The server's log file in the state directory. Its presence says that servers start by themselves here. */
const LOG = "server.log"

/**
 * Returns the server of this state directory; starts one when none runs.
 * Throws `unavailable` with the path of its log when it does not start.
 */
export async function ensureServer(env: Variables): Promise<ServerConnection> {
  const running = await ownServer(env)
  if (running) return running
  const directory = ownDirectory(stateDirectory(env))
  const path = join(directory, LOG)
  const log = openSync(path, "a", 0o600)
  const [program, ...args] = self.command() as [string, ...string[]]
  // stdout is dropped: its first line contains the token
  const child = spawn(program, [...args, "serve", "--port", "0", "--linger", `${LINGER_S}`], {
    detached: true,
    stdio: ["ignore", "ignore", log],
    env: serverEnv(env),
  })
  child.unref()
  let ended = false
  child.once("exit", () => {
    ended = true
  })
  for (const started = Date.now(); Date.now() - started < START_MS; ) {
    const server = await ownServer(env)
    if (server) return server
    // another caller's server may have been faster
    if (ended && !(await ownServer(env))) break
    await new Promise(resolve => setTimeout(resolve, CHECK_MS))
  }
  throw new PtylineError("unavailable", `the server did not start; its log is ${path}`, {
    tried: [directory],
  })
}

/** Stops automatic starts in this state directory. Called when a server is started explicitly. */
export const forgetBackground = (directory: string): void => rmSync(join(directory, LOG), { force: true })

/**
 * Starts a background server again if the last one was a background server and left sessions.
 * Returns null otherwise.
 */
export async function wakeServer(env: Variables): Promise<ServerConnection | null> {
  const directory = stateDirectory(env)
  if (!existsSync(join(directory, LOG)) || !existsSync(join(directory, "sessions"))) return null
  return readdirSync(join(directory, "sessions")).length > 0 ? ensureServer(env) : null
}

/** The environment without the settings of `ptyline run` and of the client. */
const serverEnv = (env: Variables): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !/^PTYLINE_(RUN_|URL|TOKEN|PROFILE)/.test(name)))

/** Resolves with the reason to stop once no session has run for `seconds`. Never resolves for null. */
export function lingering(sessions: Sessions, seconds: number | null): Promise<string> {
  if (seconds === null) return new Promise(() => {})
  const { promise, resolve } = Promise.withResolvers<string>()
  let idle = 0
  const timer = setInterval(() => {
    idle = sessions.running === 0 ? idle + 1 : 0
    if (idle < seconds) return
    clearInterval(timer)
    resolve(`no session for ${seconds} s`)
  }, 1000)
  timer.unref()
  return promise
}
