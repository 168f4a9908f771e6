// Processes of a session: finds and ends its groups, its descendants, and processes that left the tree.

import { execFileSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { SESSION_VARIABLE } from "../../core/access/policy.ts"
import { delay } from "../../core/lib/wake.ts"
import type { Spec } from "../../core/session/backend.ts"
import { statFields } from "../../runtime/shared/proc.ts"

type Entry = {
  pid: number
  parent: number
  group: number
  session: number
  foreground: number
  start: number
}

/** A session's first process. `start` (ticks since boot) distinguishes it from a later one with its pid. */
export type Root = { pid: number; start: number; sessionId: string; variable?: string }

/** Returns a root without a process: its members have `variable` set to `value` in their environment. */
export const marked = (variable: string, value: string): Root => ({
  pid: -1,
  start: 0,
  sessionId: value,
  variable,
})

/** How long KILL is repeated for remaining processes, in ms: they may be in an uninterruptible wait. */
const KILL_PATIENCE_MS = 2000
/** How long a read of the process table is reused, in ms. */
const TABLE_AGE_MS = 2

const linux = process.platform === "linux"
let table: { entries: Entry[]; at: number } | null = null

/** Returns the session id that a child gets in its environment. */
export const sessionIdOf = ({ env }: Spec): string => env[SESSION_VARIABLE] ?? ""

/** Returns the root for a new child. Discards the process table, which lacks it. */
export function rootOf(pid: number, sessionId: string): Root {
  table = null
  return { pid, start: entryOf(pid)?.start ?? 0, sessionId }
}

/** Returns the foreground process group of the terminal, or the child's own group. */
export function foregroundGroup(pid: number): number {
  const group = entryOf(pid)?.foreground ?? -1
  return group > 0 ? group : pid
}

/** Returns the living processes of that group. */
export function foregroundProcesses(pid: number): number[] {
  const group = foregroundGroup(pid)
  return processTable()
    .filter(entry => entry.group === group)
    .map(entry => entry.pid)
}

/** Signals one process or, with a negative number, a group. Ignores processes that are gone. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error
  }
}

/** Ends the tree: HUP and TERM, `graceMs`, then KILL. Resolves when no process is left that can be ended. */
export async function terminateTree(root: Root, graceMs: number): Promise<void> {
  const members = membersOf(root)
  for (const signal of ["SIGHUP", "SIGTERM", "SIGCONT"] as const) signalAll(members, signal)
  if (await allGone(root, graceMs, () => {})) return
  await allGone(root, KILL_PATIENCE_MS, left => signalAll(left, "SIGKILL"))
}

/** Calls `act` with the remaining processes until all are gone. Resolves with false after `patienceMs`. */
async function allGone(root: Root, patienceMs: number, act: (left: number[]) => void): Promise<boolean> {
  const deadline = performance.now() + patienceMs
  for (let pause = 2; ; pause = Math.min(50, pause * 2)) {
    const left = membersOf(root)
    if (left.length === 0) return true
    act(left)
    const time = deadline - performance.now()
    if (time <= 0) return false
    await delay(Math.min(pause, time))
  }
}

function signalAll(pids: number[], signal: NodeJS.Signals): void {
  for (const pid of pids)
    try {
      kill(pid, signal)
    } catch {
      // this user may not signal a set-user-id program; the hang-up of its terminal ends it
    }
}

/** Returns every living process of the session. */
export function membersOf(root: Root): number[] {
  const entries = processTable()
  const now = entries.find(entry => entry.pid === root.pid)
  const reused = now !== undefined && now.start !== root.start
  const members = new Set<number>()
  for (const entry of entries)
    if (entry.pid !== process.pid && !reused && belongs(entry, root)) members.add(entry.pid)
  for (const entry of entries) if (!members.has(entry.pid) && isStray(entry, root)) members.add(entry.pid)
  addDescendants(entries, members)
  return [...members]
}

const belongs = (entry: Entry, root: Root) =>
  entry.pid === root.pid || entry.session === root.pid || entry.group === root.pid

/** Whether it left the tree (setsid, double fork): its environment still names the session. */
function isStray(entry: Entry, root: Root): boolean {
  if (!linux || entry.start < root.start || entry.pid === process.pid) return false
  try {
    const environment = readFileSync(`/proc/${entry.pid}/environ`, "latin1")
    return `\0${environment}`.includes(`\0${root.variable ?? SESSION_VARIABLE}=${root.sessionId}\0`)
  } catch {
    return false
  }
}

function addDescendants(entries: Entry[], members: Set<number>): void {
  for (let size = -1; size !== members.size; ) {
    size = members.size
    for (const entry of entries)
      if (members.has(entry.parent) && entry.pid !== process.pid) members.add(entry.pid)
  }
}

function processTable(): Entry[] {
  const now = performance.now()
  if (!table || now - table.at > TABLE_AGE_MS) table = { entries: linux ? readProc() : readPs(), at: now }
  return table.entries
}

function readProc(): Entry[] {
  const entries: Entry[] = []
  for (const name of readdirSync("/proc")) {
    const entry = name.charCodeAt(0) <= 0x39 ? entryOf(Number(name)) : null
    if (entry) entries.push(entry)
  }
  return entries
}

/** Returns null for a dead process or a zombie. */
function entryOf(pid: number): Entry | null {
  if (!linux) return processTable().find(entry => entry.pid === pid) ?? null
  try {
    const fields = statFields(pid)
    if (fields[0] === "Z" || fields[0] === "X") return null
    const [parent, group, session, foreground, start] = [1, 2, 3, 5, 19].map(i => Number(fields[i])) as [
      number,
      number,
      number,
      number,
      number,
    ]
    return { pid, parent, group, session, foreground, start }
  } catch {
    return null
  }
}

/** Reads ps(1), on systems without /proc. Start times are unknown, so a reused number goes unnoticed. */
function readPs(): Entry[] {
  const text = execFileSync("ps", ["-axo", "pid=,ppid=,pgid=,tpgid=,state="], { encoding: "utf8" })
  const entries: Entry[] = []
  for (const line of text.trim().split("\n")) {
    const [pid, parent, group, foreground, state] = line.trim().split(/\s+/)
    if (state?.startsWith("Z")) continue
    entries.push({
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      session: 0,
      foreground: Number(foreground),
      start: 0,
    })
  }
  return entries
}
