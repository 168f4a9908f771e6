// The committed contract is what the program says now.

import { test } from "bun:test"
import { SNAPSHOTS, snapshotPath } from "./snapshots.ts"

for (const [name, take] of Object.entries(SNAPSHOTS))
  test(`${name} is up to date; if a change is meant, run: npm run gen`, async () => {
    const file = Bun.file(snapshotPath(name))
    const kept = (await file.exists()) ? await file.text() : ""
    const now = await take()
    if (kept === now) return
    const [was, is] = firstDifference(kept.split("\n"), now.split("\n"))
    throw new Error(`${name} said ${JSON.stringify(was)} and now says ${JSON.stringify(is)}; if that is meant, run: npm run gen`)
  }, 30_000)

function firstDifference(kept: string[], now: string[]): [string | undefined, string | undefined] {
  const at = now.findIndex((line, i) => line !== kept[i])
  return at < 0 ? [kept[now.length], "nothing more"] : [kept[at], now[at]]
}
