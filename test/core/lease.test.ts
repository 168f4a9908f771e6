// The lease: who may type, and how it moves (contract pty-mcp, 2.6 and 3.3).

import { expect, test } from "bun:test"
import { Lease, type LeaseChange } from "../../src/core/access/lease.ts"
import type { PtylineError } from "../../src/core/lib/errors.ts"

const codeOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    return (error as PtylineError).code
  }
  return "none"
}

/** Returns the leases of one workspace, and the changes that listeners get. */
function workspace(...ids: string[]): { leases: Lease[]; changes: string[] } {
  const shared = new Set<Lease>()
  const changes: string[] = []
  const leases = ids.map(id => {
    const lease = new Lease(id)
    lease.join(shared)
    lease.listen(({ event, client, from }) => changes.push(`${id} ${event} ${from ?? "-"}>${client}`))
    return lease
  })
  return { leases, changes }
}

const owners = (leases: Lease[]) => leases.map(lease => lease.owner?.client ?? null)

test("a free lease lets every client type, an owned one only its owner", () => {
  const lease = new Lease("s")
  expect([lease.permits(), lease.permits("ann")]).toEqual([true, true])
  lease.take("ann", { reason: "deploying" })
  expect([lease.permits(), lease.permits("ann"), lease.permits("bob")]).toEqual([false, true, false])
  expect(() => lease.demand("bob")).toThrow(
    expect.objectContaining({
      code: "held",
      message: "session is held by ann",
      details: { held_by: "ann", since: lease.owner!.since.toISOString(), reason: "deploying" },
    }),
  )
})

test("take with `from: null` works twice, and is rejected when another client owns the lease", () => {
  const lease = new Lease("s")
  expect(lease.take("c1", { from: null })).toEqual([])
  const { at } = lease.last!
  expect(lease.take("c1", { from: null })).toEqual([])
  expect(lease.last!.at).toBe(at)
  expect(codeOf(() => lease.take("c2", { from: null }))).toBe("held")
  expect(lease.owner?.client).toBe("c1")
})

test("only the owner releases a lease; releasing a free one does nothing", () => {
  const lease = new Lease("s")
  lease.release("c1")
  expect(lease.last).toBeNull()
  lease.take("c1")
  expect(codeOf(() => lease.release("c2"))).toBe("held")
  lease.release("c1", "lunch")
  expect(lease.owner).toBeNull()
  expect(lease.last).toMatchObject({ event: "detach", client: "c1", from: "c1", reason: "lunch" })
})

test("handoff and takeover, and the last change", () => {
  const lease = new Lease("s")
  expect(codeOf(() => lease.handoff("c1", "c2"))).toBe("conflict")
  expect(codeOf(() => lease.take("c3", { from: "c1" }))).toBe("conflict")
  lease.take("c1")
  expect(codeOf(() => lease.handoff("c2", "c3"))).toBe("held")
  expect(lease.handoff("c1", "c2", "your turn")).toEqual(["s"])
  expect(lease.last).toMatchObject({ event: "handoff", client: "c2", from: "c1", reason: "your turn" })
  expect(codeOf(() => lease.take("c3", { from: "c1" }))).toBe("held")
  expect(lease.take("c3", { from: "c2", reason: "urgent" })).toEqual(["s"])
  expect(lease.last).toMatchObject({ event: "takeover", client: "c3", from: "c2", reason: "urgent" })
  expect(lease.take("c3", { from: "c2" })).toEqual([])
})

test("take without `from` works against any owner", () => {
  const lease = new Lease("s")
  lease.take("agent", { from: null })
  expect(lease.take("person")).toEqual(["s"])
  expect(lease.last).toMatchObject({ event: "takeover", client: "person", from: "agent" })
})

test("all owned leases of a workspace have the same owner", () => {
  const { leases, changes } = workspace("a", "b", "c")
  const [a, b, c] = leases as [Lease, Lease, Lease]
  a.take("c1", { from: null })
  expect(codeOf(() => b.take("c2", { from: null }))).toBe("held")
  b.take("c1", { from: null })
  expect(a.handoff("c1", "c2")).toEqual(["a", "b"])
  expect(owners(leases)).toEqual(["c2", "c2", null])
  expect(codeOf(() => c.take("c3", { from: "c2" }))).toBe("conflict")
  expect(b.take("c3", { from: "c2" })).toEqual(["a", "b"])
  b.release("c3")
  expect(owners(leases)).toEqual(["c3", null, null])
  expect(c.take("person")).toEqual(["a"])
  expect(owners(leases)).toEqual(["person", null, "person"])
  expect(changes).toEqual([
    "a attach ->c1",
    "b attach ->c1",
    "a handoff c1>c2",
    "b handoff c1>c2",
    "a takeover c2>c3",
    "b takeover c2>c3",
    "b detach c3>c3",
    "a takeover c3>person",
    "c attach ->person",
  ])
})

test("an ended session's lease is free and no longer in its workspace", () => {
  const { leases, changes } = workspace("a", "b")
  const [a, b] = leases as [Lease, Lease]
  a.take("c1")
  const last: LeaseChange = a.last!
  a.end()
  expect([a.owner, a.last]).toEqual([null, last])
  expect(b.take("c2", { from: null })).toEqual([])
  expect(changes).toEqual(["a attach ->c1", "b attach ->c2"])
})
