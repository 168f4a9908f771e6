// Processor time and memory of the processes of each session. Linux only.

import { readdirSync } from "node:fs"
import { statFields } from "../../runtime/shared/proc.ts"

/** `cpuMs`: since their start. `rssBytes`: memory in use now; shared pages count for each process. */
export type Usage = { processes: number; cpuMs: number; rssBytes: number }
type Entry = { pid: number; parent: number; session: number; cpuMs: number; rssBytes: number }

/** Linux reports processor time in hundredths of a second on every architecture (sysconf _SC_CLK_TCK). */
const TICK_MS = 10
const PAGE = 4096

/** Returns the usage by first process of each session; zero for one that is gone. Null without /proc. */
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

/** Returns the root above a process, or the leader of its session. */
function rootOf(entry: Entry, byPid: Map<number, Entry>, roots: Map<number, Usage>): number {
  for (let at: Entry | undefined = entry; at; at = byPid.get(at.parent)) if (roots.has(at.pid)) return at.pid
  return entry.session
}

function entryOf(pid: string): Entry | null {
  try {
    const fields = statFields(pid)
    if (fields[0] === "Z") return null
    // proc(5): ppid, session, utime, stime, rss
    const [parent, session, user, system, rss] = [1, 3, 11, 12, 21].map(i => Number(fields[i])) as [
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
