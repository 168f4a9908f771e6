// A session's processes, found and ended: its terminal session, its groups, its descendants, and those that ran away from it.

import { execFileSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { SESSION_VARIABLE } from "../../core/access/policy.ts"
import { delay } from "../../core/lib/wake.ts"

type Entry = {
  pid: number
  parent: number
  group: number
  session: number
  foreground: number
  start: number
}

/** The process at the root of a session; `start` (clock ticks since boot) tells it from a later one with its number. */
export type Root = { pid: number; start: number; sessionId: string; variable?: string }

/** No process: whoever has `variable` set to this in its environment. */
export const marked = (variable: string, value: string): Root => ({
  pid: -1,
  start: 0,
  sessionId: value,
  variable,
})

/** How long KILL is repeated for processes that are still there, in ms: those in an uninterruptible wait. */
const KILL_PATIENCE_MS = 2000
/** One look at the process table serves everyone who asks within this time, in ms. */
const TABLE_AGE_MS = 2

const linux = process.platform === "linux"
let table: { entries: Entry[]; at: number } | null = null

/** The root for a child that was just spawned: a table read before is not to be asked about it. */
export function rootOf(pid: number, sessionId: string): Root {
  table = null
  return { pid, start: entryOf(pid)?.start ?? 0, sessionId }
}

/** The terminal's foreground process group as the kernel knows it, or the child's own group. */
export function foregroundGroup(pid: number): number {
  const group = entryOf(pid)?.foreground ?? -1
  return group > 0 ? group : pid
}

/** The living processes of that group. */
export function foregroundProcesses(pid: number): number[] {
  const group = foregroundGroup(pid)
  return processTable()
    .filter(entry => entry.group === group)
    .map(entry => entry.pid)
}

/** Signals one process or, with a negative number, a group. A process that is gone is no error. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error
  }
}

/** HUP and TERM for all of the tree, `graceMs` to obey, then KILL. Resolves when none is left that can be ended. */
export async function terminateTree(root: Root, graceMs: number): Promise<void> {
  const members = membersOf(root)
  for (const signal of ["SIGHUP", "SIGTERM", "SIGCONT"] as const) signalAll(members, signal)
  if (await gone(root, graceMs, () => {})) return
  await gone(root, KILL_PATIENCE_MS, left => signalAll(left, "SIGKILL"))
}

async function gone(root: Root, patienceMs: number, act: (left: number[]) => void): Promise<boolean> {
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
      // a set-user-id program that is not ours to signal; it is named by nobody and ended by its terminal's hang-up
    }
}

/** Every living process of the session, the root's descendants last spawned last. */
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

/** Did it leave the tree (setsid, double fork) but was started in the session? Its environment says so. */
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

/** proc(5): the fields of /proc/pid/stat after the command's closing parenthesis. Null for the dead, zombies included. */
function entryOf(pid: number): Entry | null {
  if (!linux) return processTable().find(entry => entry.pid === pid) ?? null
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
    const field = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    if (field[0] === "Z" || field[0] === "X") return null
    const [parent, group, session, , foreground] = field.slice(1, 6).map(Number) as [
      number,
      number,
      number,
      number,
      number,
    ]
    return { pid, parent, group, session, foreground, start: Number(field[19]) }
  } catch {
    return null
  }
}

/** Where there is no /proc: ps(1). Start times are unknown there, so a reused number cannot be told. */
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
