// What sessions' processes use: processor time and memory, of all that belongs to each. Linux.

import { readdirSync, readFileSync } from "node:fs"

/** `cpuMs`: since their start; `rssBytes`: memory that is in use now, shared pages counted for each process. */
export type Usage = { processes: number; cpuMs: number; rssBytes: number }
type Entry = { pid: number; parent: number; session: number; cpuMs: number; rssBytes: number }

/** Linux counts processor time for programs in hundredths of a second everywhere (sysconf _SC_CLK_TCK). */
const TICK_MS = 10
const PAGE = 4096

/** By the process at the root of each session; one that is gone has none of anything. Null where there is no /proc. */
export function usageOf(roots: number[]): Map<number, Usage> | null {
  if (process.platform !== "linux") return null
  const entries = readdirSync("/proc").flatMap(name => (/^\d+$/.test(name) ? (entryOf(name) ?? []) : []))
  const byPid = new Map(entries.map(entry => [entry.pid, entry]))
  const usage = new Map(roots.map(root => [root, { processes: 0, cpuMs: 0, rssBytes: 0 }]))
  for (const entry of entries) {
    const total = usage.get(rootOf(entry, byPid, usage))
    if (!total) continue
    total.processes++
    total.cpuMs += entry.cpuMs
    total.rssBytes += entry.rssBytes
  }
  return usage
}

/** The root above a process, or the leader of its session when that is one. */
function rootOf(entry: Entry, byPid: Map<number, Entry>, roots: Map<number, Usage>): number {
  for (let at: Entry | undefined = entry; at; at = byPid.get(at.parent)) if (roots.has(at.pid)) return at.pid
  return entry.session
}

/** proc(5), behind the command's closing parenthesis: parent 2nd, session 4th, utime and stime 12th and 13th, rss 22nd. */
function entryOf(pid: string): Entry | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
    const field = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    if (field[0] === "Z") return null
    const [parent, session, user, system, rss] = [1, 3, 11, 12, 21].map(i => Number(field[i])) as [
      number,
      number,
      number,
      number,
      number,
    ]
    return { pid: Number(pid), parent, session, cpuMs: (user + system) * TICK_MS, rssBytes: rss * PAGE }
  } catch {
    return null
  }
}
