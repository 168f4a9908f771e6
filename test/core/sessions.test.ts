// The session registry: names, limits, retention, events and fallback backends.

import { describe, expect, test } from "bun:test"
import { echoBackend } from "../../src/backends/echo.ts"
import { PtylineError } from "../../src/core/lib/errors.ts"
import type { Limits } from "../../src/core/lib/limits.ts"
import { delay } from "../../src/core/lib/wake.ts"
import { Sessions } from "../../src/core/registry/sessions.ts"
import type { Backend } from "../../src/core/session/backend.ts"
import type { CreateRequest } from "../../src/core/session/create-request.ts"
import type { Session } from "../../src/core/session/session.ts"

const request = {
  size: { cols: 80, rows: 24 },
  backend: "echo",
  separateStreams: false,
  echo: true,
  tags: [],
}
const defaults = { argv: ["sh"], cwd: "/", env: {} }
const registry = (limits: Partial<Limits> = {}) =>
  new Sessions(() => ({ backend: echoBackend }), defaults, limits)
const make = (sessions: Sessions, wishes: Partial<CreateRequest> = {}) =>
  sessions.create({ ...request, ...wishes })
const code = (code: string) => expect.objectContaining({ code })

async function ended(session: Session): Promise<Session> {
  session.eof()
  while (session.life.state === "running") await session.altered.wait()
  await delay(1)
  return session
}

describe("finding", () => {
  test("by id and by name", () => {
    const sessions = registry()
    const one = make(sessions, { name: "build" })
    expect(sessions.get(one.id)).toBe(one)
    expect(sessions.get("build")).toBe(one)
    expect(() => sessions.get("other")).toThrow('no session "other"')
    expect(one.id).toMatch(/^s_[\w-]{24}$/)
  })

  test("a name belongs to one running session, or else to the newest ended one", async () => {
    const sessions = registry()
    const first = make(sessions, { name: "build" })
    expect(() => make(sessions, { name: "build" })).toThrow(code("conflict"))
    await ended(first)
    expect(sessions.get("build")).toBe(first)
    const second = make(sessions, { name: "build" })
    expect(sessions.get("build")).toBe(second)
    await ended(second)
    expect(sessions.get("build")).toBe(second)
  })

  test("renaming", () => {
    const sessions = registry()
    const [a, b] = [make(sessions, { name: "a" }), make(sessions)]
    expect(() => sessions.rename(b, "a")).toThrow(code("conflict"))
    expect(() => sessions.rename(b, "a/b")).toThrow(code("invalid_input"))
    sessions.rename(a, "a")
    sessions.rename(a, null)
    sessions.rename(b, "a")
    expect(sessions.get("a")).toBe(b)
  })

  test("the list begins with the last used session", async () => {
    const sessions = registry()
    const [a, b] = [make(sessions), make(sessions)]
    await delay(2)
    a.write(new TextEncoder().encode("x"))
    expect(sessions.list()).toEqual([a, b])
  })
})

describe("limits", () => {
  test("running sessions", async () => {
    const sessions = registry({ sessions: 2 })
    const first = make(sessions)
    make(sessions)
    expect(() => make(sessions)).toThrow(code("limit_reached"))
    await ended(first)
    make(sessions)
    expect(sessions.running).toBe(2)
  })

  test("bytes of output: the oldest ended sessions make room, if that is enough", async () => {
    const sessions = registry({ logBytes: 100, totalLogBytes: 400 })
    const old = await ended(make(sessions))
    await delay(2)
    const newer = await ended(make(sessions))
    const running = [make(sessions), make(sessions)]
    expect(() => make(sessions, { logLimit: 300 })).toThrow(code("limit_reached"))
    expect(sessions.list()).toHaveLength(4)
    const last = make(sessions)
    expect(old.life.state).toBe("removed")
    expect(new Set(sessions.list())).toEqual(new Set([newer, ...running, last]))
  })

  test("separate streams count three times", () => {
    const sessions = registry({ logBytes: 100, totalLogBytes: 300 })
    make(sessions, { separateStreams: true })
    expect(() => make(sessions)).toThrow(code("limit_reached"))
  })

  test("a rejected name removes no ended session", async () => {
    const sessions = registry({ logBytes: 100, totalLogBytes: 200 })
    const old = await ended(make(sessions))
    make(sessions, { name: "taken" })
    expect(() => make(sessions, { name: "taken" })).toThrow(code("conflict"))
    expect(old.life.state).toBe("finished")
  })
})

describe("time", () => {
  test("an ended session is kept for a while", async () => {
    const sessions = registry({ retentionMs: 50 })
    const session = await ended(make(sessions))
    expect(sessions.get(session.id)).toBe(session)
    while (session.life.state !== "removed") await session.altered.wait()
    expect(() => sessions.get(session.id)).toThrow(code("not_found"))
  })

  test("the number of ended sessions is limited; the oldest are removed", async () => {
    const sessions = registry({ retained: 2 })
    const made: Session[] = []
    for (let i = 0; i < 4; i++) made.push(await ended(make(sessions)))
    expect(made.map(session => session.life.state)).toEqual(["removed", "removed", "finished", "finished"])
  })

  test("a session ends at its time limit", async () => {
    const session = make(registry(), { timeoutMs: 30 })
    while (session.life.state === "running") await session.altered.wait()
    expect(session.life.exit?.signal).toBe("SIGTERM")
  })

  test("an idle session ends, one with a viewer or output does not", async () => {
    const sessions = registry()
    const [idle, viewed, busy] = [0, 1, 2].map(() => make(sessions, { idleTimeoutMs: 60 })) as [
      Session,
      Session,
      Session,
    ]
    const viewer = viewed.attach(false)
    const output = setInterval(() => busy.sink.output(new Uint8Array(1), "stdout"), 10)
    while (idle.life.state === "running") await idle.altered.wait()
    await delay(100)
    expect([viewed.life.state, busy.life.state]).toEqual(["running", "running"])
    viewer.detach()
    clearInterval(output)
    for (const session of [viewed, busy])
      while (session.life.state === "running") await session.altered.wait()
  })
})

test("events come in order", async () => {
  const sessions = registry()
  const session = make(sessions)
  session.resize({ cols: 10, rows: 10 })
  await delay(1)
  await ended(session)
  sessions.remove(session)
  await sessions.close(10)
  const events = await Array.fromAsync(sessions.events.follow(1))
  expect(events.map(({ event }) => event.type)).toEqual([
    "session.created",
    "session.updated",
    "session.exited",
    "session.removed",
  ])
})

describe("falling back", () => {
  const failing = (code: "unavailable" | "spawn_failed"): Backend => ({
    kind: "failing",
    tty: true,
    spawn: () => {
      throw new PtylineError(code, "the reason")
    },
  })
  const choose = (backend: Backend) => new Sessions(() => ({ backend, fallback: echoBackend }), defaults)

  test("when a backend is unavailable, with a warning that says why", () => {
    const session = make(choose(failing("unavailable")))
    expect(session.backend).toBe("echo")
    expect(session.warnings).toEqual(["no terminal available; using pipes: the reason"])
  })

  test("not when the command cannot run", () => {
    const sessions = choose(failing("spawn_failed"))
    expect(() => make(sessions)).toThrow(code("spawn_failed"))
    expect(sessions.list()).toEqual([])
  })
})
