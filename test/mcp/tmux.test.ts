// tmux sessions through the tools (contract pty-mcp, statement 40): they outlive their host and are taken up again.

import { expect, test } from "bun:test"
import { Home } from "../program.ts"
import { Agent } from "./agent.ts"

function endTmux(home: Home): void {
  Bun.spawnSync(["tmux", "-S", `${home.state}/tmux/tmux.sock`, "kill-server"])
}

test("40: spawn, read, write; signal and separate streams refused; after a restart recover finds the same pane", async () => {
  using home = new Home()
  const spawn = { command: "echo first; cat", backend: "tmux", name: "work", tmux_workspace: "w" }
  try {
    await using one = await Agent.start({ PTY_MCP_ENABLE_CONTROL_TOOLS: "1" }, home)
    const session_id = await one.text("pty_spawn", { ...spawn, scope: "control" })
    expect((await one.json("pty_read_until", { session_id, pattern: "first\n" })).matched).toBe(true)
    await one.text("pty_write", { session_id, data: "typed\n" })
    expect((await one.json("pty_read_until", { session_id, pattern: "typed\n" })).matched).toBe(true)
    expect(await one.failure("pty_signal", { session_id, sig: "INT" })).toStartWith(
      "pty_signal is not supported",
    )
    const separate = { command: "true", backend: "tmux", separate_streams: true }
    expect(await one.failure("pty_spawn", separate)).toStartWith("separate_streams is not supported")
    const { pid } = await one.json("pty_status", { session_id })
    await one.client.close()

    await using two = await Agent.start({}, home)
    expect(await two.failure("pty_resume", { name: "work" })).toStartWith("unknown session name")
    const again = await two.json("pty_recover", { name: "work" })
    expect(again).toMatchObject({ pid, recovered: true, attached: false, backend: "tmux", running: true })
    const id = again.session_id
    await two.text("pty_write", { session_id: id, data: "again\n" })
    expect((await two.json("pty_read_until", { session_id: id, pattern: "again\n" })).matched).toBe(true)
    expect(await two.failure("pty_recover", { name: "work" })).toStartWith("session is already live")
    expect(await two.text("pty_close", { session_id: id })).toBe("ok")
  } finally {
    endTmux(home)
  }
})

test("40: without tmux on the PATH the backend is unsupported", async () => {
  using home = new Home({ PATH: "/nowhere" })
  await using agent = await Agent.start({}, home)
  const failure = await agent.failure("pty_spawn", { command: "true", backend: "tmux" })
  expect(failure).toStartWith("unsupported backend: tmux")
})
