// Grants: found only by their secret, limited by their issuer, gone when they expire.

import { afterEach, expect, setSystemTime, test } from "bun:test"
import { type GrantRequest, Grants } from "../../src/core/access/grants.ts"
import { owner, type Principal } from "../../src/core/access/principal.ts"
import type { PtylineError } from "../../src/core/lib/errors.ts"
import { Records } from "../../src/core/session/records.ts"

afterEach(() => setSystemTime())

const OWNER = owner(false)
const token = (name: string, more: Partial<GrantRequest> = {}): GrantRequest => ({
  kind: "token",
  name,
  access: "view",
  session: null,
  ...more,
})
const share = (session: string): GrantRequest => ({ kind: "share", name: null, access: "control", session })
const codeOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    return (error as PtylineError).code
  }
  return "none"
}

test("a secret gives its grant's access, and is not stored", () => {
  const records = new Records()
  const grants = new Grants(records)
  const { grant, secret } = grants.issue(token("ci", { access: "control" }), OWNER)
  expect(grants.principal(secret)).toMatchObject({
    name: "ci",
    access: "control",
    session: null,
    person: false,
  })
  expect(grants.principal(`${secret}x`)).toBeNull()
  expect(grants.principal(grant.id)).toBeNull()
  expect(JSON.stringify(records.entries())).not.toContain(secret.slice(3))
})

test("the next server loads the grants that have not expired", () => {
  const records = new Records()
  const before = new Grants(records)
  const lasting = before.issue(token("ci"), OWNER)
  const short = before.issue(token("short", { expiresInMs: 60_000 }), OWNER)
  setSystemTime(Date.now() + 61_000)
  const after = new Grants(new Records(records.entries()))
  expect(after.principal(lasting.secret)?.name).toBe("ci")
  expect(after.principal(short.secret)).toBeNull()
  expect(after.list("token").map(({ name }) => name)).toEqual(["ci"])
})

test("revoking closes a grant's connections and revokes the grants it issued", () => {
  const grants = new Grants(new Records())
  const ci = grants.issue(token("ci", { access: "admin" }), OWNER)
  const issuer = grants.principal(ci.secret) as Principal
  const shared = grants.issue(share("s_1"), issuer)
  const guest = grants.principal(shared.secret)!
  grants.revoke(ci.grant.id)
  expect([issuer.gone?.aborted, guest.gone?.aborted]).toEqual([true, true])
  expect([grants.principal(ci.secret), grants.principal(shared.secret)]).toEqual([null, null])
  expect(codeOf(() => grants.revoke(ci.grant.id))).toBe("not_found")
})

test("a grant cannot issue more access than it has, nor for longer", () => {
  const grants = new Grants(new Records())
  const ci = grants.issue(token("ci", { access: "control", expiresInMs: 60_000 }), OWNER)
  const issuer = grants.principal(ci.secret)!
  expect(codeOf(() => grants.issue(token("more", { access: "admin" }), issuer))).toBe("denied")
  const { grant } = grants.issue({ ...share("s_1"), expiresInMs: 86_400_000 }, issuer)
  expect(grant.expiresAt).toEqual(ci.grant.expiresAt)
  expect(codeOf(() => grants.issue(token("ci"), OWNER))).toBe("conflict")
})

test("a grant ends by itself when it expires", async () => {
  const grants = new Grants(new Records())
  const { secret } = grants.issue(token("short", { expiresInMs: 30 }), OWNER)
  const { gone } = grants.principal(secret)!
  if (!gone!.aborted) await new Promise(done => gone!.addEventListener("abort", done))
  expect([grants.principal(secret), grants.list("token")]).toEqual([null, []])
})

test("a session's shares are removed with it", () => {
  const grants = new Grants(new Records())
  const one = grants.issue(share("s_1"), OWNER)
  const two = grants.issue(share("s_2"), OWNER)
  grants.forget("s_1")
  expect(grants.principal(one.secret)).toBeNull()
  expect(grants.principal(two.secret)?.session).toBe("s_2")
})
