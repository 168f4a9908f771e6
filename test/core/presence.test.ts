// Presence: an owner that is gone loses its lease, one that is present keeps it.

import { expect, test } from "bun:test"
import { Lease } from "../../src/core/access/lease.ts"
import { delay } from "../../src/core/lib/wake.ts"
import { Presence } from "../../src/core/session/presence.ts"
import { eventually } from "../helpers.ts"

/** Longer than the short times below. */
const LONG_MS = 60
const NEVER_MS = 600_000

function held(returnMs: number, ttlMs: number) {
  const lease = new Lease("s")
  const presence = new Presence(lease, returnMs)
  const stop = { [Symbol.dispose]: () => presence.stop() }
  const take = () => lease.take("ann", { ttlMs })
  return { lease, presence, stop, take }
}

test("an owner without a connection loses the lease after its time, with the reason", async () => {
  const { lease, stop, take } = held(NEVER_MS, 20)
  using _ = stop
  take()
  await eventually(() => lease.owner === null, "the lease to be free")
  expect(lease.last).toMatchObject({ event: "detach", client: "ann", reason: "its client is gone" })
})

test("a connection keeps the lease; closing the last one starts the grace period", async () => {
  const { lease, presence, stop, take } = held(20, 20)
  using _ = stop
  const leave = [presence.arrive("ann"), presence.arrive("ann")] as const
  take()
  leave[0]()
  leave[0]()
  await delay(LONG_MS)
  expect(lease.owner?.client).toBe("ann")
  leave[1]()
  await eventually(() => lease.owner === null, "the lease to be free")
})

test("an owner that reconnects within the grace period keeps the lease", async () => {
  const { lease, presence, stop, take } = held(LONG_MS / 2, NEVER_MS)
  using _ = stop
  const leave = presence.arrive("ann")
  take()
  leave()
  presence.arrive("ann")
  await delay(LONG_MS)
  expect(lease.owner?.client).toBe("ann")
})

test("another client's connection does not keep the lease", async () => {
  const { lease, presence, stop, take } = held(NEVER_MS, 20)
  using _ = stop
  presence.arrive("bob")
  take()
  await eventually(() => lease.owner === null, "the lease to be free")
})

test("an owner that uses the session keeps the lease", async () => {
  const { lease, presence, stop, take } = held(NEVER_MS, 200)
  using _ = stop
  take()
  for (let i = 0; i < 6; i++) {
    await delay(50)
    presence.acted("ann")
  }
  expect(lease.owner?.client).toBe("ann")
  await eventually(() => lease.owner === null, "the lease to be free")
})
