// A server that nobody started: one that begins when a session needs it and ends when none has run for a while.

import { spawn } from "node:child_process"
import { existsSync, openSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { ownCommand } from "../../backends/holder/start.ts"
import { PtylineError } from "../../core/lib/errors.ts"
import type { Sessions } from "../../core/registry/sessions.ts"
import { ownDirectory, stateDirectory } from "../../store/state/directory.ts"
import { type Connection, ownServer } from "./connection.ts"
import type { Variables } from "./target.ts"

/** How long a server may take to start, and the pause between two looks, in ms. */
const START_MS = 20_000
const LOOK_MS = 20
/** How long it stays without a running session, in seconds. */
const LINGER_S = 60
/** Where it writes its log, in the state directory. */
const LOG = "server.log"

/** The server of this state directory, started if there is none. Rejects with `unavailable` and where its log is. */
export async function ensureServer(env: Variables): Promise<Connection> {
  const running = await ownServer(env)
  if (running) return running
  const directory = ownDirectory(stateDirectory(env))
  const path = join(directory, LOG)
  const log = openSync(path, "a", 0o600)
  // its first line has the token in it, and goes nowhere
  const words = [...ownCommand(), "serve", "--port", "0", "--linger", `${LINGER_S}`]
  const [program, ...args] = words as [string, ...string[]]
  const child = spawn(program, args, {
    detached: true,
    stdio: ["ignore", "ignore", log],
    env: serverEnv(env),
  })
  child.unref()
  let ended = false
  child.once("exit", () => {
    ended = true
  })
  for (const begun = Date.now(); Date.now() - begun < START_MS; ) {
    const server = await ownServer(env)
    if (server) return server
    // another caller may have been faster
    if (ended && !(await ownServer(env))) break
    await new Promise(resolve => setTimeout(resolve, LOOK_MS))
  }
  throw new PtylineError("unavailable", `no server could be started; its log is ${path}`, {
    tried: [directory],
  })
}

/** For a server that somebody starts: from now on none starts by itself here. */
export const forgetBackground = (directory: string): void => rmSync(join(directory, LOG), { force: true })

/** Such a server once more, where the last one was such and kept sessions. Null where it was not, or nothing is kept. */
export async function wakeServer(env: Variables): Promise<Connection | null> {
  const directory = stateDirectory(env)
  if (!existsSync(join(directory, LOG)) || !existsSync(join(directory, "sessions"))) return null
  return readdirSync(join(directory, "sessions")).length > 0 ? ensureServer(env) : null
}

/** A run's own settings are not the server's. */
const serverEnv = (env: Variables): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !/^PTYLINE_(RUN_|URL|TOKEN|PROFILE)/.test(name)))

/** Resolves with why the server ends: when no session has run for `seconds`; never for null. */
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
