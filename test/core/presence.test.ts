// A holder that is gone does not lock a session for ever; one that is there keeps its lease.

import { expect, test } from "bun:test"
import { Lease } from "../../src/core/access/lease.ts"
import { Presence } from "../../src/core/session/presence.ts"
import { eventually } from "../helpers.ts"

/** Long enough for any of the short times below to have passed. */
const LONG_MS = 60
const NEVER_MS = 600_000

function held(returnMs: number, ttlMs: number) {
  const lease = new Lease("s")
  const presence = new Presence(lease, returnMs)
  const stop = { [Symbol.dispose]: () => presence.stop() }
  const take = () => lease.take("ann", { ttlMs })
  return { lease, presence, stop, take }
}

test("without a connection it is let go when its time is over, and says why", async () => {
  const { lease, stop, take } = held(NEVER_MS, 20)
  using _ = stop
  take()
  await eventually(() => lease.owner === null, "the lease to be free")
  expect(lease.last).toMatchObject({ event: "detach", client: "ann", reason: "its client is gone" })
})

test("a connection keeps it; the last one's end starts the grace", async () => {
  const { lease, presence, stop, take } = held(20, 20)
  using _ = stop
  const leave = [presence.arrive("ann"), presence.arrive("ann")] as const
  take()
  leave[0]()
  leave[0]()
  await Bun.sleep(LONG_MS)
  expect(lease.owner?.client).toBe("ann")
  leave[1]()
  await eventually(() => lease.owner === null, "the lease to be free")
})

test("who comes back within the grace still holds it", async () => {
  const { lease, presence, stop, take } = held(LONG_MS / 2, NEVER_MS)
  using _ = stop
  const leave = presence.arrive("ann")
  take()
  leave()
  presence.arrive("ann")
  await Bun.sleep(LONG_MS)
  expect(lease.owner?.client).toBe("ann")
})

test("another's connection does not keep it", async () => {
  const { lease, presence, stop, take } = held(NEVER_MS, 20)
  using _ = stop
  presence.arrive("bob")
  take()
  await eventually(() => lease.owner === null, "the lease to be free")
})

test("who acts shows that it is there", async () => {
  const { lease, presence, stop, take } = held(NEVER_MS, 200)
  using _ = stop
  take()
  for (let i = 0; i < 6; i++) {
    await Bun.sleep(50)
    presence.acted("ann")
  }
  expect(lease.owner?.client).toBe("ann")
  await eventually(() => lease.owner === null, "the lease to be free")
})
