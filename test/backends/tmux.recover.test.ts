// Recovery of panes that outlive their server (contract pty-mcp, 3.9 and 40): a whole workspace or nothing.

import { afterEach, test as anyTest, expect } from "bun:test"
import { spawnSync } from "node:child_process"
import { delay } from "../../src/core/lib/wake.ts"
import { httpCall } from "../../src/http/api/client.ts"
import type { Call } from "../../src/ops/local.ts"
import { installed } from "../helpers.ts"
import { failing } from "../ops/surfaces.ts"
import { Home, type Served } from "../program.ts"

const test = anyTest.skipIf(!installed("tmux"))
let home: Home
const running: Served[] = []

afterEach(async () => {
  for (const served of running.splice(0)) await served[Symbol.asyncDispose]()
  tmux("kill-server")
  home[Symbol.dispose]()
})

function tmux(...words: string[]): string {
  const socket = `${home.state}/tmux/tmux.sock`
  return spawnSync("tmux", ["-S", socket, ...words], { encoding: "utf8" }).stdout
}

async function serve(): Promise<{ call: Call; served: Served }> {
  const served = await home.serve()
  running.push(served)
  return { served, call: httpCall(served.origin, { token: served.token }) }
}

const pane = (name: string, more: Record<string, unknown> = {}) => ({
  argv: ["sh", "-c", `echo first-${name}; cat`],
  backend: "tmux",
  name,
  owner: "o",
  ...more,
})
const waitFor = (call: Call, id: string, text: string) => call("wait", { id, until: { match: [text] } })

test("40: two panes of one workspace are independent and share one tmux session; separate streams are rejected", async () => {
  home = new Home()
  const { call } = await serve()
  const a = await call("create", pane("a", { workspace: "w", cols: 90, rows: 20 }))
  const b = await call("create", pane("b", { workspace: "w", cols: 70, rows: 30 }))
  await waitFor(call, a.id, "first-a")
  await waitFor(call, b.id, "first-b")
  await call("write", { id: a.id, text: "to-a\n" })
  await waitFor(call, a.id, "to-a\r\nto-a")
  expect((await call("read", { id: b.id })).data).toBe("first-b\r\n")
  expect(tmux("list-sessions").trim().split("\n").length).toBe(1)
  await call("end", { id: a.id, grace_ms: 0 })
  await call("write", { id: b.id, text: "still\n" })
  await waitFor(call, b.id, "still\r\nstill")
  await failing(call("create", pane("c", { separate_streams: true })), "invalid_input")
})

test("40: after a restart the same program is recovered once, detached, with an empty log", async () => {
  home = new Home()
  const before = await serve()
  const a = await before.call("create", pane("a"))
  const unnamed = await before.call("create", { argv: ["cat"], backend: "tmux", durable: false })
  await waitFor(before.call, a.id, "first-a")
  await before.call("lease", { id: a.id, action: "take", client: "c1", reason: "mine" })
  await before.served.stop()
  const { call } = await serve()
  await failing(call("get", { id: a.id }), "not_found")
  await failing(call("get", { id: unnamed.id }), "not_found")
  await failing(call("recover", { name: "a", owner: "p" }), "not_found")
  const again = await call("recover", { name: "a", owner: "o" })
  expect(again).toMatchObject({ id: a.id, pid: a.pid, state: "running", lease: null, backend: "tmux" })
  expect(again.last_lease).toMatchObject({ event: "attach", client: "c1", reason: "mine" })
  expect((await call("read", { id: a.id })).data).toBe("")
  await call("write", { id: a.id, text: "again\n" })
  await waitFor(call, a.id, "again\r\nagain")
  await failing(call("recover", { name: "a", owner: "o" }), "conflict")
  await call("write", { id: a.id, keys: ["ctrl-d"] })
  const { exit } = await call("wait", { id: a.id, until: { exit: true } })
  expect(exit).toMatchObject({ code: 0, signal: null })
  await failing(call("recover", { name: "a", owner: "o" }), "not_found")
})

test("40: panes of a killed server are recovered too", async () => {
  home = new Home()
  const before = await serve()
  const a = await before.call("create", pane("a"))
  await waitFor(before.call, a.id, "first-a")
  before.served.child.process.kill("SIGKILL")
  await before.served.child.process.exited
  const { call } = await serve()
  expect((await call("recover", { name: "a", owner: "o" })).pid).toBe(a.pid)
})

test("40: after one pane of a workspace is killed, nothing is recovered or changed", async () => {
  home = new Home()
  const before = await serve()
  const a = await before.call("create", pane("a", { workspace: "w" }))
  const b = await before.call("create", pane("b", { workspace: "w" }))
  await waitFor(before.call, a.id, "first-a")
  await waitFor(before.call, b.id, "first-b")
  await before.served.stop()
  const { call } = await serve()
  process.kill(-b.pid, "SIGKILL")
  while (tmux("list-panes", "-a").trim().split("\n").length > 1) await delay(20)
  const failure = await failing(call("recover", { name: "a", owner: "o" }), "conflict")
  expect(failure.message).toBe("recovery refused: the pane of b is gone")
  expect((await call("list", {})).sessions).toEqual([])
  expect(tmux("list-panes", "-a").trim().split("\n").length).toBe(1)
})

test("40: with an unknown pane in the workspace, nothing is recovered", async () => {
  home = new Home()
  const before = await serve()
  const a = await before.call("create", pane("a", { workspace: "w" }))
  await waitFor(before.call, a.id, "first-a")
  await before.served.stop()
  const group = tmux("list-sessions", "-F", "#{session_name}").trim()
  tmux("new-window", "-d", "-t", `${group}:`, "cat")
  const { call } = await serve()
  const failure = await failing(call("recover", { name: "a", owner: "o" }), "conflict")
  expect(failure.message).toBe("recovery refused: the workspace has an unknown pane")
})

test("40: without tmux on the PATH the backend is rejected by name", async () => {
  home = new Home({ PATH: "/nowhere" })
  const { call } = await serve()
  const { message } = await failing(call("create", pane("a")), "unavailable")
  expect(message).toStartWith("unsupported backend: tmux")
})

test("after tmux is killed during a session, the session ends and the next one starts", async () => {
  home = new Home()
  const { call } = await serve()
  const a = await call("create", pane("a"))
  await waitFor(call, a.id, "first-a")
  tmux("kill-server")
  const { exit } = await call("wait", { id: a.id, until: { exit: true } })
  expect(exit?.signal).toBe("SIGHUP")
  const b = await call("create", pane("b"))
  await waitFor(call, b.id, "first-b")
})

test("tmux answers its program's terminal queries, and nothing answers them again", async () => {
  home = new Home()
  const { call } = await serve()
  const argv = ["sh", "-c", "stty raw -echo; printf '\\033[c'; cat -v"]
  const { id } = await call("create", { argv, backend: "tmux" })
  await call("wait", { id, until: { regex: ["[0-9]c"] } })
  await call("wait", { id, until: { idle_ms: 300 } })
  expect((await call("read", { id, ansi: "strip" })).data).toMatch(/^\^\[\[\?[0-9;]+c$/)
})
