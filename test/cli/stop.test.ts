// How `ptyline serve` stops: on a signal, with every process it started, and at once on a second signal.

import { expect, test } from "bun:test"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { eventually } from "../helpers.ts"
import { AttachClient } from "../http/attach-client.ts"
import { Home, type Served } from "../program.ts"

const create = async (server: Served, body: unknown) => {
  const answer = await server.fetch("/v1/sessions", { method: "POST", body: JSON.stringify(body) })
  return (await answer.json()) as { id: string; pid: number; argv: string[]; cwd: string; backend: string }
}

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** The command lines of all processes except zombies. */
function commandLines(): string[] {
  const pids = readdirSync("/proc").filter(name => /^\d+$/.test(name))
  return pids.map(pid => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0").join(" ").trim()
    } catch {
      return ""
    }
  })
}

/** A shell that ignores signals, and two more processes, one of them in another process session. */
const STUBBORN =
  "trap '' HUP TERM; sleep 86017 & setsid sleep 86018 & echo ready; while :; do sleep 0.1; done"

async function stubborn(server: Served): Promise<number> {
  const { id, pid } = await create(server, { argv: ["sh", "-c", STUBBORN] })
  await server.fetch(`/v1/sessions/${id}/wait`, { method: "POST", body: '{"until":{"match":["ready"]}}' })
  return pid
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  test(`${signal} logs its effect, ends every session and leaves no process`, async () => {
    using home = new Home()
    const server = await home.serve()
    const pids = [await stubborn(server), (await create(server, { argv: ["cat"] })).pid]
    const line = new AttachClient(
      `${server.origin}/v1/sessions/${(await create(server, { argv: ["cat"] })).id}/attach`,
      { token: server.token },
    )
    await line.frame("hello")
    const { code, stderr } = await server.stop(signal)
    expect(code).toBe(0)
    expect(stderr).toContain(`${signal}: stopping, ending 3 sessions within 2 s; signal again to kill`)
    expect((await line.end()).code).toBeOneOf([1000, 1001])
    for (const pid of pids) await eventually(() => !alive(pid), `process ${pid} to end`)
    expect(commandLines().filter(words => /^sleep 8601[78]$/.test(words))).toEqual([])
    for (const file of ["server.json", "ptyline.sock"])
      expect(await Bun.file(join(home.state, file)).exists()).toBe(false)
  }, 20_000)

test("a second signal skips the grace period", async () => {
  using home = new Home()
  const server = await home.serve()
  const pid = await stubborn(server)
  const begun = performance.now()
  server.child.process.kill("SIGINT")
  await server.child.until(() => server.child.stderr.includes("stopping"), "the first signal to arrive")
  const { code } = await server.stop("SIGINT")
  expect(code).toBe(0)
  expect(performance.now() - begun).toBeLessThan(1800)
  await eventually(() => !alive(pid), "the session to end")
})

test("without sessions it stops at once", async () => {
  using home = new Home()
  const server = await home.serve()
  const { code, stderr } = await server.stop("SIGINT")
  expect([code, stderr.includes("SIGINT: stopping\n")]).toEqual([0, true])
})
