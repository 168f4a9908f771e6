// Who gets a signal that a person sends to a session.

import type { Signal } from "../../core/session/backend.ts"
import { foregroundGroup, kill } from "./tree.ts"

/** Those a keyboard can make (termios(3)) and those that belong to what is on the screen. */
const FOREGROUND: readonly Signal[] = ["INT", "QUIT", "TSTP", "WINCH"]

/** On a terminal keyboard signals reach the foreground job, the others the session's own group. */
export function signalTerminal(pid: number, name: Signal): void {
  const group = FOREGROUND.includes(name) ? foregroundGroup(pid) : pid
  kill(-group, `SIG${name}`)
}

/** Without a terminal there is one group. */
export function signalGroup(pid: number, name: Signal): void {
  kill(-pid, `SIG${name}`)
}
