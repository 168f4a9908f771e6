// Connects a command to its server: the local one, one at a URL, or one reached through ssh.

import { PtylineError } from "../../core/lib/errors.ts"
import { serverSocket, stateDirectory } from "../../store/state/directory.ts"
import type { Parsed, Variables } from "../lib/flags.ts"
import { overHttp, ownServer, type ServerConnection } from "./connection.ts"
import { targetOf } from "./target.ts"

/**
 * Connects to the server named by flags, environment or config file; without a name, to the local one.
 * Throws `unavailable` with the addresses tried, so that the command exits with 4.
 */
export async function connect({ values }: Parsed, env: Variables): Promise<ServerConnection> {
  const target = await targetOf(values, env)
  if (!target) {
    const local = (await ownServer(env)) ?? (await (await import("./background.ts")).wakeServer(env))
    if (local) return local
    throw noServer(env)
  }
  if (target.url.startsWith("ssh:")) return (await import("./ssh.ts")).overSsh(target.url, env)
  return overHttp(target.url, target.token)
}

function noServer(env: Variables): PtylineError {
  const unix = serverSocket(stateDirectory(env))
  const message = `no server runs for ${stateDirectory(env)} (tried ${unix}); start one with: ptyline serve`
  return new PtylineError("unavailable", message, { tried: [unix] })
}
