// How a server is told to stop, and what that means for the sessions that run.

import type { Sessions } from "../../core/registry/sessions.ts"

/** How long sessions have to obey HUP and TERM when the server stops, in ms. */
export const STOP_GRACE_MS = 2000

/** What a stop means for the sessions that run. */
export function fates(sessions: Sessions, ephemeral: boolean): string {
  const lasting = ephemeral ? 0 : goingOn(sessions)
  const ended = sessions.running - lasting
  const ending =
    ended > 0 ? `, ending ${count(ended)} within ${STOP_GRACE_MS / 1000} s; once more to kill` : ""
  return lasting > 0
    ? `${ending}, ${count(lasting)} ${lasting === 1 ? "goes" : "go"} on: ptyline serve takes them up again`
    : ending
}

/** How many running sessions a stop does not end. */
function goingOn(sessions: Sessions): number {
  return sessions.list().filter(session => session.life.state === "running" && sessions.outlives(session))
    .length
}

const count = (n: number) => `${n} session${n === 1 ? "" : "s"}`

/** Who presses Ctrl-C may not know what goes on without the server: the first one says it, the second one leaves. */
export async function signalToLeave(sessions: Sessions, ephemeral: boolean): Promise<string> {
  const first = await nextSignal()
  const lasting = ephemeral ? 0 : goingOn(sessions)
  if (first !== "SIGINT" || !process.stdin.isTTY || lasting === 0) return first
  const second = nextSignal()
  process.stderr.write(
    `\n${count(lasting)} will go on without this server. To come back to them: ptyline serve. To end them: ptyline end --all\n` +
      "Ctrl-C once more stops the server.\n",
  )
  return second
}

export function nextSignal(): Promise<string> {
  const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const
  return new Promise(resolve => {
    const heard = (name: string) => {
      for (const other of names) process.off(other, heard)
      resolve(name)
    }
    for (const name of names) process.on(name, heard)
  })
}
