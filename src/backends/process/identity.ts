// Identity of a process: proc(5) tells a process from a later one with the same number, and from a dead one.

import { readFileSync } from "node:fs"
import { statFields } from "../../runtime/shared/proc.ts"
import type { HolderRecord } from "../../store/state/record.ts"

/** Returns null without /proc, and for a process that is gone or a zombie. */
export function identityOf(pid: number): HolderRecord | null {
  try {
    const fields = statFields(pid)
    if (fields[0] === "Z" || fields[0] === "X") return null
    return { pid, startTime: Number(fields[19]), bootId: bootId() }
  } catch {
    return null
  }
}

/** Whether this process still exists. It may be stopped or wait for a disk, and so not answer. */
export function isAlive(record: HolderRecord): boolean {
  const now = identityOf(record.pid)
  return now !== null && now.startTime === record.startTime && now.bootId === record.bootId
}

/** Returns a value that is random per boot: start times count from the boot. */
const bootId = (): string => readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()
