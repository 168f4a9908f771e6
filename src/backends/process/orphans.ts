// The duty of process 1 of a container: the dead whose parents are gone become its children, and stay until it asks for them.

import { readdirSync, readFileSync } from "node:fs"
import { libc } from "./libc.ts"

/** Between two looks, in ms. */
const ROUND_MS = 1000
/** waitpid(2). */
const WNOHANG = 1

/** Buries orphans until disposed, as process 1; elsewhere there is nothing to do. */
export function adoptOrphans(): Disposable {
  if (process.pid !== 1 || process.platform !== "linux") return { [Symbol.dispose]: () => {} }
  const system = libc({ waitpid: { args: ["i32", "ptr", "i32"], returns: "i32" } })
  const bury = () => {
    for (const pid of orphans()) system?.symbols.waitpid(pid, null, WNOHANG)
  }
  const timer = setInterval(bury, ROUND_MS)
  timer.unref()
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer)
      bury()
    },
  }
}

/** Zombies that are ours and were not started by us: those are in a group or session of their own making, not of one we lead. */
function orphans(): number[] {
  return readdirSync("/proc").flatMap(name => (/^\d+$/.test(name) && isOrphan(name) ? [Number(name)] : []))
}

/** proc(5): state, parent and session follow the command's closing parenthesis. What we start leads a session of its own. */
function isOrphan(pid: string): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
    const [state, parent, , session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    return state === "Z" && parent === "1" && session !== pid
  } catch {
    return false
  }
}
