// Contract pty-mcp, statement 40: tmux sessions, which outlive the server and are recovered by workspace.

import { afterEach, beforeEach, describe, expect, test } from "bun:test"
import { mkdirSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { installed } from "../helpers.ts"
import { Home } from "../program.ts"
import { Agent } from "./agent.ts"

const hasTmux = installed("tmux")
let home: Home
const control = { PTY_MCP_ENABLE_CONTROL_TOOLS: "1" }
const backend = "tmux"

beforeEach(() => {
  home = new Home()
})
afterEach(() => {
  if (hasTmux) tmux("kill-server")
  home[Symbol.dispose]()
})

const tmux = (...words: string[]) =>
  Bun.spawnSync(["tmux", "-S", join(home.state, "tmux/tmux.sock"), ...words]).stdout.toString()

/** Reads until the pattern appears. */
async function until(agent: Agent, session_id: string, pattern: string): Promise<string> {
  const found = await agent.json("pty_read_until", { session_id, pattern, timeout_ms: 20_000 })
  expect(found.matched, found.text).toBe(true)
  return found.text
}

/** Ends the agent and starts another one, with a new core. */
async function restarted(agent: Agent): Promise<Agent> {
  await agent.client.close()
  return Agent.start(control, home)
}

describe.if(hasTmux)("with tmux", () => {
  test("40: spawn, read, write and close; panes of a workspace are independent; unsupported calls are rejected", async () => {
    const agent = await Agent.start(control, home)
    const spawn = (name: string, more = {}) =>
      agent.spawn("cat", { backend, name, tmux_workspace: "w", scope: "control", ...more })
    const [a, b] = [await spawn("a"), await spawn("b")]
    for (const [session_id, text] of [
      [a, "to a"],
      [b, "to b"],
    ] as const) {
      await agent.text("pty_write", { session_id, data: `${text}\n` })
      expect(await until(agent, session_id, text)).toBe(`${text}\n`)
    }
    expect(await agent.json("pty_status", { session_id: a })).toMatchObject({
      backend,
      tmux_workspace: "w",
      running: true,
    })
    expect(await agent.failure("pty_signal", { session_id: a, sig: "INT" })).toStartWith(
      "pty_signal is not supported for tmux sessions",
    )
    expect(await agent.failure("pty_spawn", { command: "cat", backend, separate_streams: true })).toStartWith(
      "separate_streams is not supported for tmux sessions",
    )
    expect(await agent.text("pty_close", { session_id: a })).toBe("ok")
    await agent.text("pty_write", { session_id: b, data: "still\n" })
    expect(await until(agent, b, "still")).toBe("still\n")
    await agent.client.close()
  })

  test("40: the attached sessions of a workspace share one client", async () => {
    const agent = await Agent.start(control, home)
    const spawn = () => agent.spawn("cat", { backend, tmux_workspace: "w" })
    const [a, b] = [await spawn(), await spawn()]
    await agent.json("pty_attach", { session_id: a, client_id: "c1" })
    expect(await agent.failure("pty_attach", { session_id: b, client_id: "c2" })).toStartWith(
      "session is attached to another client",
    )
    await agent.json("pty_attach", { session_id: b, client_id: "c1" })
    const moved = await agent.json("pty_handoff", { session_id: a, client_id: "c1", target_client_id: "c2" })
    expect(moved.transferred.sort()).toEqual([a, b].sort())
    await agent.client.close()
  })

  test("40: after a restart a pane is recovered once, detached, with its record", async () => {
    let agent = await Agent.start(control, home)
    const session_id = await agent.spawn("cat", { backend, name: "kept", tag: "t", scope: "control" })
    await agent.json("pty_attach", { session_id, client_id: "c1" })
    const { pid } = await agent.json("pty_status", { session_id })
    agent = await restarted(agent)
    expect(await agent.failure("pty_resume", { name: "kept" })).toStartWith("unknown session name")
    expect(await agent.failure("pty_recover", { name: "kept", owner: "p" })).toStartWith(
      "no recoverable session",
    )
    expect(await agent.json("pty_recover", { name: "kept" })).toMatchObject({
      ...{ session_id, pid, command: "cat", tag: "t", scope: "control", recovered: true, running: true },
      ...{ attached: false, last_lease_event: "attach", last_lease_client_id: "c1", buf_total_offset: 0 },
    })
    await agent.text("pty_write", { session_id, data: "again\n" })
    expect(await until(agent, session_id, "again")).toBe("again\n")
    expect(await agent.failure("pty_recover", { name: "kept" })).toStartWith("session is already live")
    await agent.text("pty_close", { session_id })
    await agent.client.close()
  })

  test("40: a workspace with a missing pane is not recovered", async () => {
    let agent = await Agent.start(control, home)
    for (const name of ["a", "b"]) await agent.spawn("cat", { backend, name, tmux_workspace: "w" })
    agent = await restarted(agent)
    const [pane] = tmux("list-panes", "-a", "-F", "#{pane_id}").trim().split("\n")
    tmux("kill-pane", "-t", pane!)
    for (const name of ["a", "b"])
      expect(await agent.failure("pty_recover", { name })).toStartWith("recovery refused")
    expect(await agent.json("pty_list")).toEqual([])
    expect(tmux("list-panes", "-a").trim().split("\n")).toHaveLength(1)
    await agent.client.close()
  })
})

test("40: without tmux the backend is unsupported", async () => {
  const bin = join(home.path, "bin")
  mkdirSync(bin)
  for (const program of ["sh", "bash", "cat"]) symlinkSync(Bun.which(program)!, join(bin, program))
  const agent = await Agent.start({ PATH: bin }, home)
  expect(await agent.failure("pty_spawn", { command: "cat", backend })).toStartWith(
    "unsupported backend: tmux",
  )
  expect(await agent.spawn("cat")).toStartWith("s_")
  await agent.client.close()
})
