// `npm run gen`: rewrites the committed contract snapshots from the current program.

import { SNAPSHOTS, snapshotPath } from "../test/contract/snapshots.ts"

for (const [name, take] of Object.entries(SNAPSHOTS)) {
  await Bun.write(snapshotPath(name), await take())
  process.stdout.write(`${name}\n`)
}
process.exit(0)
