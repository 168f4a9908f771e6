// What proc(5) says about processes.

import { readFileSync } from "node:fs"

/** Returns the fields of /proc/pid/stat from "state" on: field n of proc(5) has index n - 3. */
export function statFields(pid: number | string): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
  // the command, in parentheses, may contain any character
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")
}

/**
 * Returns the number of a process's controlling terminal in /dev/pts, or -1 without one. Its standard input
 * may be redirected. Field 7 has the device: majors 136 to 143 are /dev/pts.
 */
export function terminalNumber(pid: number): number {
  const device = Number(statFields(pid)[4])
  const [major, minor] = [(device >> 8) & 0xfff, (device & 0xff) | ((device >> 12) & 0xfff00)]
  return major < 136 || major > 143 ? -1 : (major - 136) * 256 + minor
}
