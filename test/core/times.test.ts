// Output times: coarse, bounded, and for the whole log.

import { expect, test } from "bun:test"
import { delay } from "../../src/core/lib/wake.ts"
import { Times } from "../../src/core/log/times.ts"

test("output within the grain shares its time; a stretch cut at its start keeps it", async () => {
  const times = new Times()
  times.note(0)
  times.note(5)
  await delay(30)
  times.note(10)
  const all = times.between(0, 20)
  expect(all.map(time => time.offset)).toEqual([0, 10])
  expect(all[1]!.at - all[0]!.at).toBeGreaterThan(20)
  expect(times.between(7, 20).map(time => time.offset)).toEqual([7, 10])
  expect(times.between(12, 20)).toEqual([{ offset: 12, at: all[1]!.at }])
  expect(times.between(0, 10).map(time => time.offset)).toEqual([0])
})
