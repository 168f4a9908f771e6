// Access levels, and the lease: who alone may type, how it moves, and what is known of it (contract pty-mcp,
// 2.6 and 3.3).

import { expect, test } from "bun:test"
import { Lease, type LeaseChange } from "../../src/core/access/lease.ts"
import { ACCESS, requireAccess } from "../../src/core/access/principal.ts"
import type { PtylineError } from "../../src/core/lib/errors.ts"

const codeOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    return (error as PtylineError).code
  }
  return "none"
}

/** Sessions of one workspace, and what is heard of their leases. */
function workspace(...ids: string[]): { leases: Lease[]; heard: string[] } {
  const shared = new Set<Lease>()
  const heard: string[] = []
  const leases = ids.map(id => {
    const lease = new Lease(id)
    lease.join(shared)
    lease.listen(({ event, client, from }) => heard.push(`${id} ${event} ${from ?? "-"}>${client}`))
    return lease
  })
  return { leases, heard }
}

const owners = (leases: Lease[]) => leases.map(lease => lease.owner?.client ?? null)

test("each access includes the ones before it", () => {
  for (const [i, has] of ACCESS.entries())
    for (const [j, needs] of ACCESS.entries())
      expect(codeOf(() => requireAccess(has, needs))).toBe(i >= j ? "none" : "denied")
})

test("a free lease lets everybody type, a held one its holder alone", () => {
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

test("attaching is polite when it says so: twice is fine, to another's it is refused", () => {
  const lease = new Lease("s")
  expect(lease.take("c1", { from: null })).toEqual([])
  const { at } = lease.last!
  expect(lease.take("c1", { from: null })).toEqual([])
  expect(lease.last!.at).toBe(at)
  expect(codeOf(() => lease.take("c2", { from: null }))).toBe("held")
  expect(lease.owner?.client).toBe("c1")
})

test("detaching: its holder's right, and nothing to do when nobody holds it", () => {
  const lease = new Lease("s")
  lease.release("c1")
  expect(lease.last).toBeNull()
  lease.take("c1")
  expect(codeOf(() => lease.release("c2"))).toBe("held")
  lease.release("c1", "lunch")
  expect(lease.owner).toBeNull()
  expect(lease.last).toMatchObject({ event: "detach", client: "c1", from: "c1", reason: "lunch" })
})

test("handing over, taking over, and what is remembered of it", () => {
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

test("a person takes it whoever holds it", () => {
  const lease = new Lease("s")
  lease.take("agent", { from: null })
  expect(lease.take("person")).toEqual(["s"])
  expect(lease.last).toMatchObject({ event: "takeover", client: "person", from: "agent" })
})

test("in a workspace all that is held is held by one client", () => {
  const { leases, heard } = workspace("a", "b", "c")
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
  expect(heard).toEqual([
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

test("an ended session's lease is free and leaves its workspace alone", () => {
  const { leases, heard } = workspace("a", "b")
  const [a, b] = leases as [Lease, Lease]
  a.take("c1")
  const last: LeaseChange = a.last!
  a.end()
  expect([a.owner, a.last]).toEqual([null, last])
  expect(b.take("c2", { from: null })).toEqual([])
  expect(heard).toEqual(["a attach ->c1", "b attach ->c2"])
})
