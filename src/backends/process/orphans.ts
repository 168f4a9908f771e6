// Reaper of orphaned zombies for process 1 of a container, which inherits the children of exited processes.

import { readdirSync } from "node:fs"
import { libc } from "../../runtime/shared/libc.ts"
import { statFields } from "../../runtime/shared/proc.ts"

/** Between two rounds, in ms. */
const ROUND_MS = 1000
/** waitpid(2). */
const WNOHANG = 1

/** Reaps orphans until disposed. Does nothing unless this is process 1 on Linux. */
export function reapOrphans(): Disposable {
  if (process.pid !== 1 || process.platform !== "linux") return { [Symbol.dispose]: () => {} }
  const system = libc({ waitpid: { args: ["i32", "ptr", "i32"], returns: "i32" } })
  const reap = () => {
    for (const pid of orphans()) system?.symbols.waitpid(pid, null, WNOHANG)
  }
  const timer = setInterval(reap, ROUND_MS)
  timer.unref()
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer)
      reap()
    },
  }
}

/** Returns the zombies among this process's children that it did not start. */
function orphans(): number[] {
  return readdirSync("/proc").flatMap(name => (/^\d+$/.test(name) && isOrphan(name) ? [Number(name)] : []))
}

/** Children that this process starts lead their own session; orphans do not. */
function isOrphan(pid: string): boolean {
  try {
    const [state, parent, , session] = statFields(pid)
    return state === "Z" && parent === "1" && session !== pid
  } catch {
    return false
  }
}
