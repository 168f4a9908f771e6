// Gives back what a holder's start took, once: garbage, and the pages of the executable that only starting needed.

import { readFileSync } from "node:fs"
import { libc } from "../process/libc.ts"

/** madvise(2) */
const MADV_DONTNEED = 4

/**
 * The executable's pages count as the holder's as long as it has them mapped, some 40 MB after a start; the system has them
 * in its cache all the same, and maps those again that are touched again.
 */
export function trim(): void {
  const calls = libc({ madvise: { args: ["u64", "u64", "i32"], returns: "i32" } })
  const mappings = calls ? ofCode() : []
  Bun.gc(true)
  for (const { start, length } of mappings) calls!.symbols.madvise(start, length, MADV_DONTNEED)
}

type Mapping = { start: bigint; length: bigint }

/** proc(5): files that are mapped to be run, and the executable's constants. Nothing ever writes to either. */
function ofCode(): Mapping[] {
  const found: Mapping[] = []
  for (const line of readFileSync("/proc/self/maps", "latin1").split("\n")) {
    const [range = "", access, offset, , inode] = line.split(" ", 5)
    const constants = access === "r--p" && offset === "00000000" && line.endsWith(process.execPath)
    if ((access !== "r-xp" && !constants) || inode === "0") continue
    const [start, end] = range.split("-").map(text => BigInt(`0x${text}`)) as [bigint, bigint]
    found.push({ start, length: end - start })
  }
  return found
}
