// Signals that stop a server, and what a stop means for its sessions.

import type { Sessions } from "../../core/registry/sessions.ts"

/** Time between TERM and KILL for sessions when the server stops, in ms. */
export const STOP_GRACE_MS = 2000

/** Returns what a stop does to the running sessions, for the log. */
export function stopEffect(sessions: Sessions, ephemeral: boolean): string {
  const lasting = ephemeral ? 0 : surviving(sessions)
  const ended = sessions.running - lasting
  const ending =
    ended > 0 ? `, ending ${count(ended)} within ${STOP_GRACE_MS / 1000} s; signal again to kill` : ""
  return lasting > 0
    ? `${ending}, ${count(lasting)} ${lasting === 1 ? "keeps" : "keep"} running; to recover: ptyline serve`
    : ending
}

/** The number of running sessions that a stop does not end. */
function surviving(sessions: Sessions): number {
  return sessions.list().filter(session => session.life.state === "running" && sessions.outlives(session))
    .length
}

const count = (n: number) => `${n} session${n === 1 ? "" : "s"}`

/**
 * Resolves with the signal that stops the server. If sessions would keep running, the first Ctrl-C on a
 * terminal prints that and the second one counts.
 */
export async function stopSignal(sessions: Sessions, ephemeral: boolean): Promise<string> {
  const first = await nextSignal()
  const lasting = ephemeral ? 0 : surviving(sessions)
  if (first !== "SIGINT" || !process.stdin.isTTY || lasting === 0) return first
  const second = nextSignal()
  process.stderr.write(
    `\n${count(lasting)} will keep running without this server. To reconnect: ptyline serve. To end all: ptyline end --all\n` +
      "Press Ctrl-C again to stop the server.\n",
  )
  return second
}

/** Resolves with the next INT, TERM or HUP. */
export function nextSignal(): Promise<string> {
  const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const
  return new Promise(resolve => {
    const listener = (name: string) => {
      for (const other of names) process.off(other, listener)
      resolve(name)
    }
    for (const name of names) process.on(name, listener)
  })
}
