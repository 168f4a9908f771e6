// Gaps: every reason why a follower does not get bytes.

import { expect, test } from "bun:test"
import type { Archive, Chunk } from "../../src/core/log/archive.ts"
import { type GapReason, gapCounts } from "../../src/core/log/gap.ts"
import type { Session } from "../../src/core/session/session.ts"
import { bare, bytesOf } from "./bare.ts"

/** Returns the first gap that a follower from `from` gets. */
async function firstGap(session: Session, from: number): Promise<unknown> {
  for await (const event of session.follow(from, AbortSignal.timeout(5000)))
    if (event.type === "gap") return event
  throw new Error("no gap")
}

/** Returns a session whose memory begins at 10, with older output as `chunk` returns it. */
function durable(chunk: (offset: number) => Chunk): Session {
  const archive = { base: 0, read: async (offset: number) => chunk(offset) } as Partial<Archive> as Archive
  const session = bare({ archive, start: 10 })
  session.sink.output(bytesOf("new"), "pty")
  return session
}

const empty = new Uint8Array(0)
const counted = (reason: GapReason) => gapCounts[reason]

test("trimmed: the limits dropped the bytes before the follower started", async () => {
  const before = counted("trimmed")
  const session = bare({ logLimit: 100 })
  session.sink.output(new Uint8Array(1000), "pty")
  expect(await firstGap(session, 5)).toEqual({ type: "gap", from: 5, to: 900, reason: "trimmed" })
  expect(counted("trimmed")).toBe(before + 1)
})

test("trimmed: the oldest segment on disk begins later", async () => {
  const session = durable(() => ({ offset: 0, bytes: empty, gap: null }))
  Object.assign(session.output.archive!, { base: 4 })
  expect(await firstGap(session, 1)).toEqual({ type: "gap", from: 1, to: 4, reason: "trimmed" })
})

test("slow_viewer: the limits dropped the bytes while the follower was attached", async () => {
  const before = counted("slow_viewer")
  const session = bare({ logLimit: 100 })
  session.sink.output(bytesOf("x"), "pty")
  const follower = session.follow(0)
  await follower.next()
  session.sink.output(new Uint8Array(1000), "pty")
  const { value } = await follower.next()
  expect(value).toEqual({ type: "gap", from: 1, to: 901, reason: "slow_viewer" })
  expect(counted("slow_viewer")).toBe(before + 1)
})

test("slow_viewer: the disk dropped a segment while it was being read", async () => {
  const session = durable(() => ({ offset: 6, bytes: bytesOf("6789"), gap: "trimmed" }))
  expect(await firstGap(session, 2)).toEqual({ type: "gap", from: 2, to: 6, reason: "slow_viewer" })
})

test("disk: the disk did not take the bytes", async () => {
  const hole = durable(() => ({ offset: 7, bytes: bytesOf("789"), gap: "disk" }))
  expect(await firstGap(hole, 2)).toEqual({ type: "gap", from: 2, to: 7, reason: "disk" })
  const nothing = durable(offset => ({ offset, bytes: empty, gap: null }))
  expect(await firstGap(nothing, 2)).toEqual({ type: "gap", from: 2, to: 10, reason: "disk" })
})

test("damage: the bytes on disk cannot be read", async () => {
  const damaged = durable(() => ({ offset: 8, bytes: bytesOf("89"), gap: "damage" }))
  expect(await firstGap(damaged, 2)).toEqual({ type: "gap", from: 2, to: 8, reason: "damage" })
  const unreadable = durable(() => {
    throw new Error("EIO")
  })
  expect(await firstGap(unreadable, 2)).toEqual({ type: "gap", from: 2, to: 10, reason: "damage" })
})
