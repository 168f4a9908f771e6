// Faults around holders: dead or silent holders, files in place of sockets, wrong keys, two servers.

import { expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { identityOf, isAlive } from "../../src/backends/process/identity.ts"
import { masterKey } from "../../src/store/secrets/master-key.ts"
import { listSegments } from "../../src/store/segments/list.ts"
import { SessionDirectory } from "../../src/store/state/session-directory.ts"
import { eventually } from "../helpers.ts"
import { type Info, type RestartableServer, restartable } from "./restartable-server.ts"

const holderOf = (pid: number) =>
  Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1])
/** Inherits no descriptor, so that a failed test does not hang. */
const QUIET = { stdin: "ignore", stdout: "ignore", stderr: "ignore" } as const

const socketsIn = (state: string) => readdirSync(state).filter(name => name.endsWith(".hold"))
const directoriesIn = (state: string) => readdirSync(join(state, "sessions"))
const wait = (server: RestartableServer, id: string, until: object) =>
  server.call("POST", `/v1/sessions/${id}/wait`, { until, timeout_ms: 20_000 })

async function list(server: RestartableServer): Promise<Info[]> {
  return ((await server.call("GET", "/v1/sessions")) as unknown as { sessions: Info[] }).sessions
}

test("identity: number, start time and boot identify a process; a zombie and a reused number are dead", async () => {
  const child = Bun.spawn(["sleep", "1000"], QUIET)
  const known = identityOf(child.pid)!
  expect(isAlive(known)).toBe(true)
  expect(isAlive({ ...known, startTime: known.startTime - 1 })).toBe(false)
  expect(isAlive({ ...known, bootId: "another" })).toBe(false)
  child.kill("SIGSTOP")
  expect(isAlive(known)).toBe(true)
  child.kill("SIGKILL")
  await child.exited
  expect(isAlive(known)).toBe(false)
  // sleep replaces sh and does not reap its child: it stays a zombie, which kill -0 reports as alive
  const parent = Bun.spawn(["sh", "-c", "sleep 0.5 & echo $!; exec sleep 1000"], { ...QUIET, stdout: "pipe" })
  const { value } = await parent.stdout.getReader().read()
  const zombie = Number(Buffer.from(value!).toString())
  await eventually(() => /^State:\s+Z/m.test(readFileSync(`/proc/${zombie}/status`, "utf8")), "a zombie")
  expect(process.kill(zombie, 0)).toBe(true)
  expect(identityOf(zombie)).toBeNull()
  parent.kill("SIGKILL")
  await parent.exited
})

test("a stale socket and a reused process number: the session is lost, and the other process is not touched", async () => {
  await using server = await restartable()
  const made = await server.create({ argv: ["cat"], name: "gone" })
  await server.kill()
  const holder = holderOf(made.pid)
  process.kill(holder, "SIGKILL")
  await eventually(() => identityOf(holder) === null, "the holder to be gone")
  expect(socketsIn(server.home.state)).toHaveLength(1)
  await using stranger = Bun.spawn(["sleep", "1000"], QUIET)
  const directory = SessionDirectory.open(server.home.state, masterKey(server.home.state), made.id)
  const { startTime, bootId } = directory.meta.holder!
  directory.update({ holder: { pid: stranger.pid, startTime, bootId } })
  await server.start()
  expect(await server.info("gone")).toMatchObject({ state: "finished", lost: true })
  expect(socketsIn(server.home.state)).toEqual([])
  await server.call("DELETE", "/v1/sessions/gone")
  expect(isAlive(identityOf(stranger.pid)!)).toBe(true)
}, 60_000)

test("a silent holder is neither recovered nor given up, and is recovered once it answers again", async () => {
  await using server = await restartable()
  const made = await server.create({ argv: ["cat"], name: "silent" })
  const other = await server.create({ argv: ["cat"], name: "other" })
  await server.kill()
  const holder = holderOf(made.pid)
  process.kill(holder, "SIGSTOP")
  await server.start()
  expect((await list(server)).map(({ id }) => id)).toEqual([other.id])
  await eventually(
    () => server.served.child.stderr.includes(`process ${holder}`),
    "a log line with the process",
  )
  expect(server.served.child.stderr).toContain("runs and does not answer")
  await server.kill()
  process.kill(holder, "SIGCONT")
  await server.start()
  expect(await server.info("silent")).toMatchObject({ pid: made.pid, state: "running" })
}, 60_000)

test("a holder whose socket was moved still owns its log: the next server does not touch it", async () => {
  await using server = await restartable()
  const made = await server.create({ argv: ["cat"], name: "cut" })
  await server.kill()
  const [name] = socketsIn(server.home.state)
  renameSync(join(server.home.state, name!), join(server.home.path, "moved"))
  await server.start()
  expect(await list(server)).toEqual([])
  await server.kill()
  renameSync(join(server.home.path, "moved"), join(server.home.state, name!))
  await server.start()
  expect(await server.info("cut")).toMatchObject({ pid: made.pid, state: "running" })
}, 60_000)

test("another file in the socket's place is neither used nor removed", async () => {
  await using server = await restartable()
  const made = await server.create({ argv: ["cat"] })
  await server.kill()
  process.kill(holderOf(made.pid), "SIGKILL")
  const path = join(server.home.state, socketsIn(server.home.state)[0]!)
  rmSync(path)
  writeFileSync(path, "a file")
  await server.start()
  expect(await list(server)).toEqual([])
  expect(readFileSync(path, "utf8")).toBe("a file")
  await eventually(() => server.served.child.stderr.includes("not a socket of this user"), "a log line")
  rmSync(path)
  await server.kill()
  await server.start()
  expect((await list(server)).map(({ id }) => id)).toEqual([made.id])
}, 60_000)

test("a second server on the same state directory fails with the first one's process id, and changes nothing", async () => {
  await using server = await restartable()
  const { id, pid } = await server.create({ argv: ["cat"] })
  const { code, stderr } = await server.home.run("serve", "--port", "0")
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining(`is in use by process ${server.served.child.pid}`),
  ])
  expect(await server.info(id)).toMatchObject({ pid, state: "running" })
}, 60_000)

test("a missing or wrong master key is one clear error and changes no file", async () => {
  await using server = await restartable()
  const { id } = await server.create({ argv: ["sh", "-c", "echo kept"] })
  await wait(server, id, { exit: true })
  await server.served.stop()
  const { state } = server.home
  const path = join(state, "master.key")
  const key = readFileSync(path)
  const contents = () =>
    directoriesIn(state).flatMap(name =>
      readdirSync(join(state, "sessions", name)).map(file => [
        file,
        readFileSync(join(state, "sessions", name, file)),
      ]),
    )
  const before = contents()
  rmSync(path)
  const { code, stderr } = await server.home.run("serve", "--port", "0")
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining("is missing, and 1 stored sessions cannot be read without it"),
  ])
  expect(stderr.trim().split("\n")).toHaveLength(1)
  expect(existsSync(path)).toBe(false)
  writeFileSync(path, randomBytes(32), { mode: 0o600 })
  await server.start()
  expect(await list(server)).toEqual([])
  await eventually(
    () => server.served.child.stderr.includes("does not open with this master key"),
    "the reason",
  )
  await server.served.stop()
  expect(contents()).toEqual(before)
  writeFileSync(path, key, { mode: 0o600 })
  await server.start()
  expect(await server.info(id)).toMatchObject({ exit: { code: 0 } })
}, 60_000)

test("a directory that others may write to is rejected", async () => {
  await using server = await restartable()
  await server.served.stop()
  chmodSync(server.home.state, 0o777)
  const { code, stderr } = await server.home.run("serve", "--port", "0")
  expect([code, stderr]).toEqual([1, expect.stringContaining("others may write to")])
  chmodSync(server.home.state, 0o700)
  await server.start()
}, 60_000)

test("a damaged log: the server starts, output before the damage is readable, and the damage is logged", async () => {
  await using server = await restartable()
  const { id } = await server.create({
    argv: ["sh", "-c", "for i in 1 2 3 4 5; do echo line $i; sleep 0.05; done"],
  })
  await wait(server, id, { exit: true })
  await server.served.stop()
  const root = join(server.home.state, "sessions", directoriesIn(server.home.state)[0]!)
  const { path } = listSegments(root).at(-1)!
  const bytes = readFileSync(path)
  bytes[bytes.length - 100]! ^= 0x40
  writeFileSync(path, bytes)
  await server.start()
  const { data } = (await server.call("GET", `/v1/sessions/${id}/output`)) as unknown as { data: string }
  expect(data).toStartWith("line 1\r\nline 2\r\n")
  await eventually(() => /damaged, at byte \d+/.test(server.served.child.stderr), "the damage to be logged")
}, 60_000)

test("200 sessions end without a server, and the next server reports each exit code", async () => {
  await using server = await restartable()
  const go = join(server.home.path, "go")
  const codes = Array.from({ length: 200 }, (_, i) => i)
  Bun.spawnSync(["mkfifo", go])
  // opening the FIFO blocks until a writer opens it
  const command = (code: number) => `: <${go}; exit ${code}`
  const made = new Map<number, Info>()
  const lanes = Array.from({ length: 8 }, async (_, lane) => {
    for (const code of codes.filter(code => code % 8 === lane))
      made.set(code, await server.create({ argv: ["sh", "-c", command(code)] }))
  })
  await Promise.all(lanes)
  await server.kill()
  writeFileSync(go, "")
  await eventually(() => [...made.values()].every(({ pid }) => identityOf(pid) === null), "all to end")
  await server.start()
  const found = new Map((await list(server)).map(info => [info.id, info.exit?.code]))
  expect(found.size).toBe(200)
  for (const [code, { id }] of made) expect(found.get(id)).toBe(code)
}, 120_000)
