// lease: one client owns the right to type, on every surface; other clients read and see the owner.

import { expect, test } from "bun:test"
import { failing, onEverySurface } from "./surfaces.ts"

onEverySurface("lease", open => {
  test("only the owner types, resizes, signals and ends; all clients read", async () => {
    await using s = open()
    const id = await s.server.start("cat")
    const { lease } = await s.call("lease", { id, action: "take", client: "ann", reason: "deploying" })
    expect(lease).toMatchObject({ client: "ann", reason: "deploying" })
    for (const client of [undefined, "bob"]) {
      const { message, details } = await failing(s.call("write", { id, text: "no\n", client }), "held")
      expect(message).toBe("session is held by ann")
      expect(details).toMatchObject({ held_by: "ann", reason: "deploying" })
      await failing(s.call("write", { id, paste: "no", client }), "held")
      await failing(s.call("write", { id, eof: true, client }), "held")
      await failing(s.call("resize", { id, cols: 90, rows: 20, client }), "held")
      await failing(s.call("signal", { id, signal: "KILL", client }), "held")
      await failing(s.call("end", { id, client }), "held")
    }
    await s.call("write", { id, text: "yes\n", client: "ann" })
    await s.call("resize", { id, cols: 91, rows: 21, client: "ann" })
    await s.call("wait", { id, until: { match: ["yes\r\nyes"] } })
    expect((await s.call("read", { id })).data).not.toContain("no")
    expect(await s.call("get", { id })).toMatchObject({
      size: { cols: 91, rows: 21 },
      lease: { client: "ann" },
    })
    await s.call("end", { id, client: "ann", grace_ms: 0 })
  })

  test("after a release all clients may type; the process is unaffected", async () => {
    await using s = open()
    const id = await s.server.start("cat")
    const { pid } = await s.call("get", { id })
    await s.call("lease", { id, action: "take", client: "ann" })
    await failing(s.call("lease", { id, action: "release", client: "bob" }), "held")
    await s.call("lease", { id, action: "handoff", client: "ann", to: "bob", reason: "lunch" })
    await failing(s.call("write", { id, text: "no\n", client: "ann" }), "held")
    const { transferred } = await s.call("lease", { id, action: "take", client: "ann", from: "bob" })
    expect(transferred).toEqual([id])
    await s.call("lease", { id, action: "release", client: "ann" })
    await s.call("write", { id, text: "all\n" })
    await s.call("wait", { id, until: { match: ["all\r\nall"] } })
    const info = await s.call("get", { id })
    expect(info).toMatchObject({ pid, lease: null, last_lease: { event: "detach", client: "ann" } })
    await s.call("end", { id, grace_ms: 0 })
  })

  test("errors: wrong from, no owner, handoff without to, ended session", async () => {
    await using s = open()
    const id = await s.server.start("cat")
    await failing(s.call("lease", { id, action: "handoff", client: "ann", to: "bob" }), "conflict")
    await failing(s.call("lease", { id, action: "take", client: "ann", from: "bob" }), "conflict")
    await s.call("lease", { id, action: "take", client: "ann" })
    await failing(s.call("lease", { id, action: "take", client: "bob", from: null }), "held")
    await failing(s.call("lease", { id, action: "handoff", client: "ann" }), "invalid_input")
    await failing(s.call("lease", { id, action: "take", client: "a\nb" }), "invalid_input")
    await s.call("write", { id, keys: ["ctrl-d"], client: "ann" })
    await s.call("wait", { id, until: { exit: true } })
    expect(await s.call("get", { id })).toMatchObject({ lease: null, last_lease: { client: "ann" } })
    await failing(s.call("lease", { id, action: "take", client: "ann" }), "not_running")
    await s.call("end", { id })
  })

  test("sessions in one owner's workspace share the lease owner", async () => {
    await using s = open()
    const start = (owner: string) => s.server.start("cat", { owner, workspace: "w" })
    const [a, b, other] = await Promise.all([start("o"), start("o"), start("p")])
    await s.call("lease", { id: a, action: "take", client: "c1" })
    await failing(s.call("lease", { id: b, action: "take", client: "c2", from: null }), "held")
    await s.call("lease", { id: other, action: "take", client: "c2", from: null })
    await s.call("lease", { id: b, action: "take", client: "c1", from: null })
    const { transferred } = await s.call("lease", { id: b, action: "handoff", client: "c1", to: "c3" })
    expect(transferred.sort()).toEqual([a, b].sort())
    expect(await s.call("get", { id: other })).toMatchObject({ workspace: "w", lease: { client: "c2" } })
  })

  test("end with force ends a session that another client controls", async () => {
    await using s = open()
    const id = await s.server.start("cat")
    await s.call("lease", { id, action: "take", client: "gone" })
    await s.call("end", { id, grace_ms: 0, force: true })
    await failing(s.call("get", { id }), "not_found")
  })

  test("an idle client loses the lease after ttl_ms", async () => {
    await using s = open()
    const id = await s.server.start("cat")
    await s.call("lease", { id, action: "take", client: "gone", ttl_ms: 1000 })
    const session = s.server.sessions.get(id)
    while (session.lease.owner) await session.altered.wait(AbortSignal.timeout(20_000))
    expect((await s.call("get", { id })).last_lease).toMatchObject({ reason: "its client is gone" })
  })
})
