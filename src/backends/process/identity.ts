// Which process a number means: proc(5) tells a process from a later one with its number, and from one that is dead.

import { readFileSync } from "node:fs"
import type { HolderRecord } from "../../store/state/record.ts"

/** Null where the system has no /proc, or for a process that is gone or only waits to be buried (a zombie). */
export function identityOf(pid: number): HolderRecord | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    if (fields[0] === "Z" || fields[0] === "X") return null
    return { pid, startTime: Number(fields[19]), bootId: bootId() }
  } catch {
    return null
  }
}

/** Is this very process still there? It may not answer: stopped, or waiting for a disk. */
export function isAlive(record: HolderRecord): boolean {
  const now = identityOf(record.pid)
  return now !== null && now.startTime === record.startTime && now.bootId === record.bootId
}

/** Random at every start of the machine: start times count from there. */
const bootId = (): string => readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()
