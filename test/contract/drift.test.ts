// The committed contract snapshots are up to date.

import { test } from "bun:test"
import { SNAPSHOTS, snapshotPath } from "./snapshots.ts"

for (const [name, take] of Object.entries(SNAPSHOTS))
  test(`${name} is up to date`, async () => {
    const file = Bun.file(snapshotPath(name))
    const committed = (await file.exists()) ? await file.text() : ""
    const current = await take()
    if (committed === current) return
    const [was, is] = firstDifference(committed.split("\n"), current.split("\n"))
    throw new Error(`${name} changed from ${JSON.stringify(was)} to ${JSON.stringify(is)}; if intended, run: npm run gen`)
  }, 30_000)

function firstDifference(committed: string[], current: string[]): [string | undefined, string | undefined] {
  const at = current.findIndex((line, i) => line !== committed[i])
  return at < 0 ? [committed[current.length], "nothing more"] : [committed[at], current[at]]
}
