// list, get, update, end, resize, signal, server, ticket.

import { expect, test } from "bun:test"
import { SIGNALS } from "../../src/core/lib/units.ts"
import { failing, onEverySurface } from "./surfaces.ts"

onEverySurface("sessions", open => {
  test("list has the most recent activity first, of any kind", async () => {
    await using s = open()
    const ids: string[] = []
    for (let i = 0; i < 5; i++) ids.push((await s.call("create", { argv: ["cat"], echo: false })).id)
    const order = async () => (await s.call("list", {})).sessions.map(session => ids.indexOf(session.id))
    expect(await order()).toEqual([4, 3, 2, 1, 0])
    await s.call("signal", { id: ids[1]!, signal: "WINCH" })
    expect((await order())[0]).toBe(1)
    await s.call("write", { id: ids[0]!, text: "x\n" })
    await s.call("wait", { id: ids[0]!, until: { match: ["x"] } })
    await s.call("signal", { id: ids[2]!, signal: "WINCH" })
    await s.call("write", { id: ids[3]!, text: "y\n" })
    await s.call("wait", { id: ids[3]!, until: { match: ["y"] } })
    expect((await order()).slice(0, 3)).toEqual([3, 2, 0])
  })

  test("output counts as activity", async () => {
    await using s = open()
    const talker = await s.server.start("read x; while read y; do :; done; :", { echo: false })
    const other = await s.server.start("cat")
    s.server.sessions.get(talker).sink.output(new TextEncoder().encode("news"), "pty")
    expect((await s.call("list", {})).sessions.map(({ id }) => id)).toEqual([talker, other])
  })

  test("list filters by state, tag and owner", async () => {
    await using s = open()
    const a = await s.server.start("exit 0", { tags: ["ci", "x"], owner: "anna" })
    const b = await s.server.start("cat", { tags: ["ci"], owner: "bob" })
    await s.call("wait", { id: a, until: { exit: true } })
    const ids = async (filter: Parameters<typeof s.call<"list">>[1]) =>
      (await s.call("list", filter)).sessions.map(({ id }) => id)
    expect(await ids({ state: "running" })).toEqual([b])
    expect(await ids({ state: "finished" })).toEqual([a])
    expect((await ids({ tag: "ci" })).sort()).toEqual([a, b].sort())
    expect(await ids({ tag: "x" })).toEqual([a])
    expect(await ids({ owner: "bob" })).toEqual([b])
    expect(await ids({ owner: "bob", tag: "x" })).toEqual([])
    expect((await failing(s.call("list", { state: "dead" as never }), "invalid_input")).message).toContain(
      "dead",
    )
  })

  test("get by id and by name; not_found otherwise", async () => {
    await using s = open()
    const id = await s.server.start("cat", { name: "work" })
    expect((await s.call("get", { id: "work" })).id).toBe(id)
    expect((await s.call("get", { id })).name).toBe("work")
    for (const unknown of ["unknown", "s_AAAAAAAAAAAAAAAAAAAAAAAA", "../work", "%", "__proto__"])
      expect((await failing(s.call("get", { id: unknown }), "not_found")).message).toContain(unknown)
  })

  test("a name can be changed, removed, and reused after its session ended", async () => {
    await using s = open()
    const a = await s.server.start("exit 0", { name: "work" })
    await s.call("wait", { id: a, until: { exit: true } })
    const b = await s.server.start("cat")
    expect((await s.call("update", { id: b, name: "work" })).name).toBe("work")
    expect((await s.call("get", { id: "work" })).id).toBe(b)
    expect((await s.call("update", { id: b, name: null })).name).toBeNull()
    expect((await s.call("get", { id: "work" })).id).toBe(a)
  })

  test("update is all or nothing", async () => {
    await using s = open()
    await s.server.start("cat", { name: "taken" })
    const id = await s.server.start("cat", { tags: ["old"] })
    await failing(s.call("update", { id, name: "taken", tags: ["new"] }), "conflict")
    await failing(s.call("update", { id, name: "s_x", tags: ["new"] }), "invalid_input")
    expect((await s.call("get", { id })).tags).toEqual(["old"])
    await failing(s.call("update", { id }), "invalid_input")
    expect((await s.call("update", { id, tags: [] })).tags).toEqual([])
  })

  test("end returns the final state, then the session is gone", async () => {
    await using s = open()
    const id = await s.server.start("trap '' HUP; trap 'echo bye; exit 3' TERM; echo ready; read x")
    await s.call("wait", { id, until: { match: ["ready"] } })
    const last = await s.call("end", { id })
    expect(last).toMatchObject({ id, state: "finished", exit: { code: 3, signal: null } })
    expect(last.log.end).toBe("ready\r\nbye\r\n".length)
    await failing(s.call("end", { id }), "not_found")
    await failing(s.call("get", { id }), "not_found")
  })

  test("end kills a process that ignores signals", async () => {
    await using s = open()
    const id = await s.server.start("trap '' TERM HUP; echo ready; while :; do sleep 0.05; done")
    await s.call("wait", { id, until: { match: ["ready"] } })
    expect((await s.call("end", { id, grace_ms: 100 })).exit).toMatchObject({ code: null, signal: "SIGKILL" })
  })

  test("a second end with a shorter grace period shortens the first", async () => {
    await using s = open()
    const id = await s.server.start("trap '' TERM HUP; echo ready; while :; do sleep 0.05; done")
    await s.call("wait", { id, until: { match: ["ready"] } })
    const begun = performance.now()
    const first = s.call("end", { id, grace_ms: 60_000 })
    const second = s.call("end", { id, grace_ms: 0 })
    const results = await Promise.all([first, second])
    for (const { exit } of results) expect(exit?.signal).toBe("SIGKILL")
    expect(performance.now() - begun).toBeLessThan(20_000)
  })

  test("end of an ended session returns its exit", async () => {
    await using s = open()
    const id = await s.server.start("exit 9")
    await s.call("wait", { id, until: { exit: true } })
    expect((await s.call("end", { id })).exit?.code).toBe(9)
  })

  test("resize reaches a running program, from 1 to 1000 each way", async () => {
    await using s = open()
    const id = await s.server.start("trap 'stty size' WINCH; echo ready; while :; do sleep 0.05; done")
    await s.call("wait", { id, until: { match: ["ready"] } })
    expect((await s.call("resize", { id, cols: 1000, rows: 1 })).size).toEqual({ cols: 1000, rows: 1 })
    expect((await s.call("wait", { id, until: { match: ["1 1000"] } })).outcome).toBe("match")
    for (const size of [
      { cols: 0, rows: 1 },
      { cols: 1, rows: 1001 },
      { cols: -1, rows: 5 },
      { cols: 1.5, rows: 5 },
    ])
      await failing(s.call("resize", { id, ...size }), "invalid_input")
    await failing(s.call("resize", { id, cols: 10 } as never), "invalid_input")
    const ended = await s.server.start("exit 0")
    await s.call("wait", { id: ended, until: { exit: true } })
    await failing(s.call("resize", { id: ended, cols: 9, rows: 9 }), "not_running")
  })

  test("signals are named with or without SIG, in upper or lower case", async () => {
    await using s = open()
    for (const [name, code] of [
      ["USR1", 10],
      ["SIGUSR2", 12],
      ["sighup", 1],
      ["int", 2],
    ] as const) {
      const id = await s.server.start(
        "trap 'exit 10' USR1; trap 'exit 12' USR2; trap 'exit 1' HUP; trap 'exit 2' INT; echo ready; while :; do sleep 0.05; done",
      )
      await s.call("wait", { id, until: { match: ["ready"] } })
      await s.call("signal", { id, signal: name })
      expect((await s.call("wait", { id, until: { exit: true } })).exit?.code).toBe(code)
    }
    expect(SIGNALS.length).toBe(10)
  })

  test("an unknown signal, or one for an ended session, is rejected", async () => {
    await using s = open()
    const id = await s.server.start("cat")
    for (const signal of ["SEGV", "9", "", "SIG", "INT TERM"])
      expect((await failing(s.call("signal", { id, signal }), "invalid_input")).message).toContain("INT")
    await s.call("signal", { id, signal: "KILL" })
    expect((await s.call("wait", { id, until: { exit: true } })).exit).toMatchObject({
      code: null,
      signal: "SIGKILL",
    })
    await failing(s.call("signal", { id, signal: "INT" }), "not_running")
  })

  test("server describes the server", async () => {
    await using s = open()
    await s.server.start("cat")
    const facts = await s.call("server", {})
    expect(facts).toMatchObject({ version: "0.0.0", cmd: ["/bin/sh"], running: 1, limits: { sessions: 256 } })
    const kinds = facts.backends.map(({ kind }) => kind)
    expect(kinds).toEqual(expect.arrayContaining(["terminal", "bun-pty", "pipe", "echo"]))
    expect(facts.backends.filter(backend => backend.default).length).toBe(1)
  })

  test("a ticket is for an existing session", async () => {
    await using s = open()
    const id = await s.server.start("cat")
    const { ticket, expires_at } = await s.call("ticket", { session_id: id, mode: "control" })
    expect(ticket).toMatch(/^[\w-]{32}$/)
    const left = Date.parse(expires_at) - Date.now()
    expect(left).toBeGreaterThan(55_000)
    expect(left).toBeLessThanOrEqual(60_000)
    await failing(s.call("ticket", { session_id: "unknown" }), "not_found")
    await failing(s.call("ticket", { session_id: id, mode: "root" as never }), "invalid_input")
  })
})
