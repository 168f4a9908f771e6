// MOP's sessions without the network: missing terminals, a failing attic, races and retention.

import { afterEach, expect, test } from "bun:test"
import { tmpdir } from "node:os"
import { backendChooser } from "../../../src/backends/choose.ts"
import { pipeBackend } from "../../../src/backends/pipe/backend.ts"
import type { MopAttic } from "../../../src/compat/mop/attic/attic.ts"
import { Mop } from "../../../src/compat/mop/mop.ts"
import type { MopError } from "../../../src/compat/mop/responses.ts"
import { Sessions } from "../../../src/core/registry/sessions.ts"
import type { ChooseBackend } from "../../../src/core/session/create-request.ts"
import { eventually } from "../../helpers.ts"

const open: Sessions[] = []
afterEach(async () => {
  for (const sessions of open.splice(0)) await sessions.close(0)
})

function newMop(
  choose: ChooseBackend = backendChooser("auto"),
  attic: MopAttic | null = null,
): { mop: Mop; sessions: Sessions } {
  const env = { PATH: process.env.PATH ?? "" }
  const sessions = new Sessions(choose, { argv: ["cat"], cwd: tmpdir(), env })
  open.push(sessions)
  const pepper = new TextEncoder().encode("a test pepper")
  return { mop: new Mop({ sessions, argv: ["cat"], pepper, publicSession: true, attic }), sessions }
}

const options = { echo: false, usePipe: false, attic: null }

test("without terminals only pipes work", async () => {
  const { mop, sessions } = newMop(() => ({ backend: pipeBackend }))
  const rejected = (await mop.init(options).catch(error => error)) as MopError
  expect(rejected.response).toEqual({
    status: 400,
    body: { status: "Current terminal backend does not support pty. Call with use_pipe instead", code: 1 },
  })
  await eventually(() => sessions.list().length === 0, "the started session to be removed")
  const { key } = await mop.init({ ...options, usePipe: true })
  expect(mop.find(key)?.alive).toBe(true)
})

test("concurrent first sessions share one public session", async () => {
  const { mop, sessions } = newMop()
  const started = await Promise.all(Array.from({ length: 8 }, () => mop.init(options)))
  expect(new Set(started.map(({ publicKey }) => publicKey)).size).toBe(1)
  expect([mop.count, sessions.list().length]).toEqual([9, 9])
})

test("a failing attic does not keep a session from ending", async () => {
  const fails = () => Promise.reject(new Error("the disk is full"))
  const { mop, sessions } = newMop(undefined, { load: fails, store: fails, tell: fails })
  const { key } = await mop.init(options)
  const mopSession = mop.find(key)!
  mopSession.flagged = true
  expect(await mop.end(mopSession).catch(error => error.message)).toBe("the disk is full")
  expect(mop.find(key)).toBeNull()
  await eventually(() => sessions.list().length === 0, "both sessions to be removed")
})

test("a session that another surface removed is unknown; the public one ends with the last", async () => {
  const { mop, sessions } = newMop()
  const { key, publicKey } = await mop.init(options)
  const { session } = mop.find(key)!
  await session.end(100)
  sessions.remove(session)
  expect([mop.find(key), mop.find(publicKey), mop.count]).toEqual([null, null, 0])
})

test("the public key depends only on the pepper", () => {
  expect(newMop().mop.publicKey).toBe(newMop().mop.publicKey)
  expect(newMop().mop.publicKey).toMatch(/^[0-9a-f]{128}$/)
})

test("an ended session stays readable and counted until the core removes it; then its key is unknown", async () => {
  const { mop, sessions } = newMop()
  sessions.limits.retentionMs = 300
  const { key } = await mop.init(options)
  const mopSession = mop.find(key)!
  mopSession.session.signal("KILL")
  await eventually(() => mopSession.session.life.closed, "the process to end")
  expect((await mopSession.read()).body).toContain("[PROCESS EXITED with code -9]")
  expect(mop.count).toBe(2)
  await eventually(() => mop.find(key) === null, "the core to remove the session")
  expect(mop.count).toBe(0)
})
