// MOP's door without its network: what only a certain system or a failing part brings about.

import { afterEach, expect, test } from "bun:test"
import { tmpdir } from "node:os"
import { backendChooser } from "../../../src/backends/choose.ts"
import { pipeBackend } from "../../../src/backends/pipe/backend.ts"
import type { MopAttic } from "../../../src/compat/mop/attic/attic.ts"
import type { MopError } from "../../../src/compat/mop/responses.ts"
import { Mop } from "../../../src/compat/mop/mop.ts"
import { Sessions } from "../../../src/core/registry/sessions.ts"
import type { ChooseBackend } from "../../../src/core/session/create-request.ts"
import { eventually } from "../../helpers.ts"

const open: Sessions[] = []
afterEach(async () => {
  for (const sessions of open.splice(0)) await sessions.close(0)
})

function door(
  choose: ChooseBackend = backendChooser("auto"),
  attic: MopAttic | null = null,
): { mop: Mop; sessions: Sessions } {
  const env = { PATH: process.env.PATH ?? "" }
  const sessions = new Sessions(choose, { argv: ["cat"], cwd: tmpdir(), env })
  open.push(sessions)
  const pepper = new TextEncoder().encode("a pepper of a test")
  return { mop: new Mop({ sessions, argv: ["cat"], pepper, publicSession: true, attic }), sessions }
}

const wishes = { echo: false, usePipe: false, attic: null }

test("a system without terminals offers pipes", async () => {
  const { mop, sessions } = door(() => ({ backend: pipeBackend }))
  const refused = (await mop.init(wishes).catch(error => error)) as MopError
  expect(refused.answer).toEqual({
    status: 400,
    body: { status: "Current terminal backend does not support pty. Call with use_pipe instead", code: 1 },
  })
  await eventually(() => sessions.list().length === 0, "what was started to be gone")
  const { key } = await mop.init({ ...wishes, usePipe: true })
  expect(mop.find(key)?.alive).toBe(true)
})

test("many first sessions at once have one public session", async () => {
  const { mop, sessions } = door()
  const started = await Promise.all(Array.from({ length: 8 }, () => mop.init(wishes)))
  expect(new Set(started.map(({ publicKey }) => publicKey)).size).toBe(1)
  expect([mop.count, sessions.list().length]).toEqual([9, 9])
})

test("an archive that fails ends the session all the same", async () => {
  const fails = () => Promise.reject(new Error("the disk is full"))
  const { mop, sessions } = door(undefined, { load: fails, store: fails, tell: fails })
  const { key } = await mop.init(wishes)
  const mopSession = mop.find(key)!
  mopSession.flagged = true
  expect(await mop.end(mopSession).catch(error => error.message)).toBe("the disk is full")
  expect(mop.find(key)).toBeNull()
  await eventually(() => sessions.list().length === 0, "both sessions to be gone")
})

test("a session that another surface removes is unknown here, and the public one goes with the last", async () => {
  const { mop, sessions } = door()
  const { key, publicKey } = await mop.init(wishes)
  const { session } = mop.find(key)!
  await session.end(100)
  sessions.remove(session)
  expect([mop.find(key), mop.find(publicKey), mop.count]).toEqual([null, null, 0])
})

test("the public key depends on the pepper alone", () => {
  expect(door().mop.publicKey).toBe(door().mop.publicKey)
  expect(door().mop.publicKey).toMatch(/^[0-9a-f]{128}$/)
})

test("a session that ended stays readable and counted for as long as the core keeps it; then its key is unknown", async () => {
  const { mop, sessions } = door()
  sessions.limits.retentionMs = 300
  const { key } = await mop.init(wishes)
  const mopSession = mop.find(key)!
  mopSession.session.signal("KILL")
  await eventually(() => mopSession.session.life.closed, "the process to end")
  expect((await mopSession.read()).body).toContain("[PROCESS EXITED with code -9]")
  expect(mop.count).toBe(2)
  await eventually(() => mop.find(key) === null, "the core to forget the session")
  expect(mop.count).toBe(0)
})
