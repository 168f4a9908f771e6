// Release of a holder's startup memory: garbage, and pages of the executable that only the start needed.

import { readFileSync } from "node:fs"
import { self } from "#runtime/self.ts"
import { libc } from "../../runtime/shared/libc.ts"

/** madvise(2) */
const MADV_DONTNEED = 4

/**
 * Unmaps the executable's pages, which count as the holder's memory: about 40 MB after a start. They stay in
 * the page cache, and the system maps a page again when it is used.
 */
export function trim(): void {
  const calls = libc({ madvise: { args: ["u64", "u64", "i32"], returns: "i32" } })
  const mappings = calls ? codeMappings() : []
  self.collectGarbage()
  for (const { start, length } of mappings) calls!.symbols.madvise(start, length, MADV_DONTNEED)
}

type Mapping = { start: bigint; length: bigint }

/** Returns the mappings of code and of the executable's constants (proc(5)). Neither is ever written to. */
function codeMappings(): Mapping[] {
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
