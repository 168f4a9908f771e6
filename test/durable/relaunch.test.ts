// Lost and relaunched sessions: lost with their holder, listed with their output, started again on request.

import { expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { eventually } from "../helpers.ts"
import { type Info, type RestartableServer, restartable } from "./restartable-server.ts"

/** Returns the holder of a session's program. */
function holderOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1])
}

/** Kills a session's holder and program at once, as a reboot does. */
function vanish({ pid }: Info): void {
  const holder = holderOf(pid)
  process.kill(holder, "SIGKILL")
  process.kill(pid, "SIGKILL")
}

const input = (server: RestartableServer, id: string, text: string) =>
  server.call("POST", `/v1/sessions/${id}/input`, { text })
const until = (server: RestartableServer, id: string, match: string, from = 0) =>
  server.call("POST", `/v1/sessions/${id}/wait`, { until: { match: [match] }, from, timeout_ms: 20_000 })
const output = async (server: RestartableServer, id: string, query = "") =>
  (await server.call("GET", `/v1/sessions/${id}/output?${query}`)) as unknown as {
    data: string
    next: number
    exit: unknown
    lost: boolean
  }
const relaunch = (server: RestartableServer, id: string) =>
  server.call("POST", `/v1/sessions/${id}/relaunch`, {})

const screenOf = async (server: RestartableServer, id: string) => {
  const screen = await server.call("GET", `/v1/sessions/${id}/screen?format=json`)
  return (screen as unknown as { lines: string[] }).lines
}

const SCRIPT = 'echo "in $PWD as $WHO at $(stty size) pid $$"; while read line; do echo "got $line"; done'

test("a session lost while no server ran is listed with its command, output and last screen", async () => {
  await using server = await restartable()
  const made = await server.create({
    argv: ["sh", "-c", SCRIPT],
    name: "lost",
    env: { WHO: "me" },
    cwd: "/usr",
  })
  await until(server, "lost", "pid")
  await server.kill()
  vanish(made)
  await server.start()
  const found = await server.info("lost")
  expect(found).toMatchObject({ id: made.id, state: "finished", exit: null, lost: true, durable: true })
  expect(found).toMatchObject({ argv: ["sh", "-c", SCRIPT], cwd: "/usr", restart: "manual", relaunches: 0 })
  expect(await output(server, "lost")).toMatchObject({ exit: null, lost: true })
  expect((await output(server, "lost")).data).toStartWith("in /usr as me at 30 120 pid")
  expect((await screenOf(server, "lost"))[0]).toStartWith("in /usr as me")
  const stream = await server.served.fetch("/v1/sessions/lost/stream?encoding=utf8")
  const { end } = found.log
  const expected = `event: exit\ndata: {"code":null,"signal":null,"end":${end},"tail_open":false,"lost":true}`
  expect(await stream.text()).toContain(expected)
}, 60_000)

test("relaunch: the same command, directory, environment and size, after the earlier output", async () => {
  await using server = await restartable()
  const made = await server.create({
    argv: ["sh", "-c", SCRIPT],
    name: "again",
    env: { WHO: "me" },
    cwd: "/usr",
  })
  await until(server, "again", "pid")
  await server.call("POST", "/v1/sessions/again/resize", { cols: 91, rows: 33 })
  await server.kill()
  vanish(made)
  await server.start()
  const before = await output(server, "again")
  const again = await relaunch(server, "again")
  expect(again).toMatchObject({ id: made.id, state: "running", exit: null, lost: false, relaunches: 1 })
  expect(again.pid).not.toBe(made.pid)
  await until(server, "again", "pid", before.next)
  const after = await output(server, "again", `from=${before.next}`)
  expect(after.data).toStartWith("in /usr as me at 33 91 pid")
  await input(server, "again", "more\n")
  await until(server, "again", "got more", before.next)
  await server.kill()
  await server.start()
  const whole = await output(server, "again")
  expect(whole.data).toStartWith(before.data + after.data.slice(0, 20))
  expect(await server.info("again")).toMatchObject({ state: "running", pid: again.pid, relaunches: 1 })
  expect((await screenOf(server, "again")).filter(line => line.startsWith("in /usr"))).toHaveLength(1)
}, 60_000)

test("an ended session can be relaunched; a running one and one with restart never cannot", async () => {
  await using server = await restartable()
  const argv = ["sh", "-c", "echo once; exit 3"]
  for (const durable of [true, false]) {
    const { id } = await server.create({ argv, durable })
    await server.call("POST", `/v1/sessions/${id}/wait`, { until: { exit: true } })
    expect(await relaunch(server, id)).toMatchObject({ id, relaunches: 1, durable })
    await server.call("POST", `/v1/sessions/${id}/wait`, { until: { exit: true } })
    expect(await output(server, id)).toMatchObject({ data: "once\r\nonce\r\n", exit: { code: 3 } })
    const stream = await server.served.fetch(`/v1/sessions/${id}/stream?encoding=utf8`)
    expect((await stream.text()).match(/^event: .*$/gm)).toEqual([
      "event: output",
      "event: relaunch",
      "event: output",
      "event: exit",
    ])
  }
  await server.create({ argv: ["cat"], name: "runs" })
  await expect(relaunch(server, "runs")).rejects.toThrow(/409.*conflict.*has not ended/)
  await server.create({ argv: ["true"], name: "never", restart: "never" })
  await server.call("POST", "/v1/sessions/never/wait", { until: { exit: true } })
  await expect(relaunch(server, "never")).rejects.toThrow(/409.*conflict.*never/)
}, 60_000)

test("a failed relaunch changes nothing", async () => {
  await using server = await restartable()
  const cwd = `${server.home.path}/work`
  await Bun.write(`${cwd}/file`, "")
  const { id } = await server.create({ argv: ["sh", "-c", "echo once"], cwd })
  await server.call("POST", `/v1/sessions/${id}/wait`, { until: { exit: true } })
  await Bun.$`rm -r ${cwd}`
  await expect(relaunch(server, id)).rejects.toThrow(/422.*spawn_failed/)
  const kept = { state: "finished", exit: { code: 0 }, relaunches: 0 }
  expect(await server.info(id)).toMatchObject(kept)
  await server.kill()
  await server.start()
  expect(await server.info(id)).toMatchObject(kept)
  await Bun.write(`${cwd}/file`, "")
  expect(await relaunch(server, id)).toMatchObject({ relaunches: 1 })
}, 60_000)

test("restart always: a lost session is relaunched at the next start; restart manual waits for a request", async () => {
  await using server = await restartable()
  const create = async (restart: string) => {
    const made = await server.create({ argv: ["sh", "-c", SCRIPT], name: restart, restart })
    await until(server, restart, "pid")
    return made
  }
  const made = [await create("always"), await create("manual")]
  await server.kill()
  for (const session of made) vanish(session)
  await server.start()
  const again = async () => {
    const { state, relaunches } = await server.info("always")
    return `${state} ${relaunches}`
  }
  for (let times = 1; times <= 3; times++) {
    while ((await again()) !== `running ${times}`) await Bun.sleep(5)
    if (times < 3) vanish(await server.info("always"))
  }
  expect(await server.info("always")).toMatchObject({ id: made[0]!.id, state: "running", relaunches: 3 })
  // the number of automatic relaunches is limited
  vanish(await server.info("always"))
  while ((await again()) !== "finished 3") await Bun.sleep(5)
  expect(await server.info("manual")).toMatchObject({ state: "finished", lost: true, relaunches: 0 })
}, 60_000)

test("a killed holder ends its program, and the session is lost at once", async () => {
  await using server = await restartable()
  const made = await server.create({ argv: ["cat"], name: "gone" })
  process.kill(holderOf(made.pid), "SIGKILL")
  await server.call("POST", "/v1/sessions/gone/wait", { until: { exit: true } })
  expect(await server.info("gone")).toMatchObject({ state: "finished", lost: true, exit: null })
  const ended = () => !/^State:\s+[^ZX]/m.test(statusOf(made.pid))
  await eventually(ended, "the program to hang up")
  expect(await relaunch(server, "gone")).toMatchObject({ state: "running", lost: false })
}, 60_000)

const statusOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/status`, "utf8")
  } catch {
    return ""
  }
}
