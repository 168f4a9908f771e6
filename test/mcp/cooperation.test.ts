// Contract pty-mcp: dangerous commands, names, leases and session logs.

import { afterAll, expect, test } from "bun:test"
import { readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { PATIENCE_MS } from "../helpers.ts"
import { Agent } from "./agent.ts"

const agent = await Agent.start({ PTY_MCP_DANGEROUS_PATTERNS: "danger-[0-9]+;(;weird-[a-z]" })
afterAll(() => agent[Symbol.asyncDispose]())

const command = "echo danger-1"
const justification = "it only prints"
const confirm = (more: Record<string, unknown> = {}, by = agent) =>
  by.json("confirm_dangerous_command", { command, justification, owner: undefined, ...more })
const token = async (more: Record<string, unknown> = {}, by = agent) =>
  (await confirm(more, by)).confirm_token as string

test("31: a dangerous command needs a token, which is valid for one start of that command", async () => {
  expect(await agent.failure("pty_spawn", { command })).toStartWith(
    "dangerous command detected; confirmation token required",
  )
  expect(await confirm({ justification: "" })).toEqual({
    ok: false,
    dangerous: true,
    matches: ["danger-[0-9]+"],
    error: "justification required",
  })
  expect(await confirm({ command: "echo fine" })).toEqual({ ok: true, dangerous: false, matches: [] })
  const dangerous_confirm_token = await token()
  expect(dangerous_confirm_token).toMatch(/^dc_[0-9a-f]{32}$/)
  const session_id = await agent.spawn(`  ${command.replace(" ", "   ")} `, { dangerous_confirm_token })
  await agent.json("pty_wait", { session_id })
  expect(await agent.text("pty_read", { session_id })).toBe("danger-1\n")
  expect(await agent.failure("pty_spawn", { command, dangerous_confirm_token })).toStartWith(
    "invalid or expired dangerous confirmation token",
  )
  expect(agent.stderr).toContain("invalid regex: (")
})

test("31: a token is rejected for another command, owner or scope, and stays valid for its own", async () => {
  const spawn = async (more: Record<string, unknown>, dangerous_confirm_token: string) =>
    agent.failure("pty_spawn", { command, dangerous_confirm_token, ...more })
  const free = await token()
  expect(await spawn({ command: "echo danger-2" }, free)).toStartWith(
    "dangerous confirmation token does not match command",
  )
  const bound = await token({ owner: "o", scope: "read-only" })
  expect(await spawn({ owner: "p" }, bound)).toStartWith("dangerous confirmation token owner mismatch")
  expect(await spawn({ scope: "control" }, bound)).toStartWith("dangerous confirmation token scope mismatch")
  expect(await agent.spawn(command, { scope: "read-only", dangerous_confirm_token: bound })).toStartWith("s_")
})

test("31: a token survives a start that fails for another reason, and expires", async () => {
  const dangerous_confirm_token = await token()
  expect(await agent.failure("pty_spawn", { command, dangerous_confirm_token, cwd: "/nowhere" })).toStartWith(
    "cwd does not exist",
  )
  expect(await agent.spawn(command, { dangerous_confirm_token })).toStartWith("s_")
  await using brief = await Agent.start({
    PTY_MCP_DANGEROUS_PATTERNS: "danger-[0-9]+",
    PTY_MCP_DANGEROUS_CONFIRM_TTL_SEC: "1",
  })
  const old = await token({}, brief)
  await Bun.sleep(1100)
  expect(await brief.failure("pty_spawn", { command, dangerous_confirm_token: old })).toStartWith(
    "invalid or expired dangerous confirmation token",
  )
})

test("32: legacy mode needs a flag or a reason", async () => {
  await using legacy = await Agent.start({
    PTY_MCP_DANGEROUS_PATTERNS: "danger-[0-9]+",
    PTY_MCP_DANGEROUS_LEGACY_MODE: "1",
  })
  expect(await legacy.failure("pty_spawn", { command })).toStartWith(
    "dangerous command detected; use confirm_dangerous_command",
  )
  expect(await legacy.spawn(command, { dangerous_confirmed: true })).toStartWith("s_")
  expect(await legacy.spawn(command, { dangerous_justification: "why" })).toStartWith("s_")
  expect(await legacy.failure("pty_spawn", { command, dangerous_confirmed: "false" })).toStartWith(
    "dangerous command",
  )
})

test("the built-in patterns match dangerous commands in several spellings, and no harmless ones", async () => {
  await using plain = await Agent.start()
  const dangerous = async (command: string) => (await confirm({ command }, plain)).dangerous
  for (const bad of [
    "rm -rf /",
    "rm  -fr '/etc'",
    "rm -r --force /x",
    "sudo rm -f -r /var",
    "mkfs.ext4 /dev/sda",
  ])
    expect([bad, await dangerous(bad)]).toEqual([bad, true])
  for (const bad of ["dd if=/dev/zero of=/dev/sda", "shutdown now", "sudo reboot", "poweroff "])
    expect([bad, await dangerous(bad)]).toEqual([bad, true])
  for (const fine of ["rm -rf build", "rm /tmp/x", "ls -rf /", "dd if=a of=b", "echo rebooted"])
    expect([fine, await dangerous(fine)]).toEqual([fine, false])
})

test("33: a name belongs to one live session of its owner; resume consumes nothing", async () => {
  const session_id = await agent.spawn("printf here; cat", { name: "work" })
  await agent.json("pty_read_until", { session_id, pattern: "er" })
  expect(await agent.failure("pty_spawn", { command: "cat", name: "work" })).toStartWith(
    "session name already in use: work",
  )
  expect(await agent.spawn("cat", { name: "work", owner: "p" })).toStartWith("s_")
  const found = await agent.json("pty_resume", { name: "work" })
  expect(found).toMatchObject({ session_id, name: "work", running: true, read_offset: 4 })
  expect(await agent.failure("pty_resume", { name: "nothing" })).toStartWith("unknown session name: nothing")
  expect(await agent.failure("pty_resume", { name: "" })).toStartWith("name is required")
  expect(await agent.failure("pty_resume", { name: "work", owner: "" })).toStartWith(
    "owner is required for pty_resume",
  )
  expect(await agent.failure("pty_recover", { name: "work" })).toStartWith("session is already live")
  await agent.text("pty_close", { session_id })
  expect(await agent.failure("pty_resume", { name: "work" })).toStartWith("unknown session name")
  expect(await agent.failure("pty_recover", { name: "work" })).toStartWith("no recoverable session")
})

test("34: only the lease owner may use an attached session; status calls need no lease", async () => {
  const session_id = await agent.spawn("cat", { name: "leased" })
  const as = (client_id?: string) => ({ session_id, client_id })
  expect(await agent.failure("pty_attach", as())).toStartWith("client_id is required")
  const lease = await agent.json("pty_attach", as("c1"))
  expect(lease).toMatchObject({
    ok: true,
    session_id,
    attached: true,
    attached_client_id: "c1",
    last_lease_event: "attach",
  })
  expect(await agent.json("pty_attach", as("c1"))).toMatchObject({ attached_client_id: "c1" })
  expect(await agent.failure("pty_attach", as("c2"))).toStartWith("session is attached to another client")
  const write = (client_id?: string) => ({ ...as(client_id), data: "x\n" })
  expect(await agent.failure("pty_write", write())).toStartWith(
    "client_id is required for an attached session",
  )
  expect(await agent.failure("pty_write", write("c2"))).toStartWith("session is attached to another client")
  expect(await agent.text("pty_write", write("c1"))).toBe("ok")
  const gated = {
    pty_read: {},
    pty_read_until: { pattern: "x" },
    pty_resize: { cols: 9, rows: 9 },
    pty_close: {},
  }
  for (const [tool, more] of Object.entries(gated))
    expect(await agent.failure(tool, { session_id, ...more })).toStartWith(
      "client_id is required for an attached",
    )
  for (const tool of ["pty_read_at", "pty_status"]) await agent.json(tool, { session_id })
  await agent.json("pty_wait", { session_id, timeout_ms: 0 })
  expect(await agent.json("pty_resume", { name: "leased" })).toMatchObject({ attached_client_id: "c1" })
  expect((await agent.json("pty_list"))[0]).toHaveProperty("attached_client_id")
  expect(await agent.failure("pty_detach", as("c2"))).toStartWith("session is attached to another client")
  expect(await agent.json("pty_detach", as("c1"))).toMatchObject({
    attached: false,
    last_lease_event: "detach",
  })
  expect(await agent.json("pty_detach", as("c1"))).toMatchObject({ ok: true, attached: false })
  expect(await agent.text("pty_write", write())).toBe("ok")
})

test("35: handoff and takeover move the lease without touching the process", async () => {
  const session_id = await agent.spawn("cat")
  const { pid } = await agent.json("pty_status", { session_id })
  const act = (tool: string, more: Record<string, unknown>) => agent.call(tool, { session_id, ...more })
  const text = async (tool: string, more: Record<string, unknown>) => (await act(tool, more)).text
  expect(await text("pty_handoff", { client_id: "c1", target_client_id: "c2" })).toStartWith(
    "session is not attached",
  )
  expect(await text("pty_takeover", { client_id: "c3", from_client_id: "c1" })).toStartWith(
    "session is not attached",
  )
  await act("pty_attach", { client_id: "c1" })
  expect(await text("pty_handoff", { client_id: "c1" })).toStartWith("target_client_id is required")
  const handed = JSON.parse(
    await text("pty_handoff", { client_id: "c1", target_client_id: "c2", reason: "shift" }),
  )
  expect(handed).toMatchObject({
    transferred: [session_id],
    attached_client_id: "c2",
    last_lease_reason: "shift",
  })
  expect(await text("pty_write", { client_id: "c1", data: "x" })).toStartWith(
    "session is attached to another client",
  )
  expect(await text("pty_write", { client_id: "c2", data: "x" })).toBe("ok")
  expect(await agent.json("pty_status", { session_id })).toMatchObject({
    last_lease_event: "handoff",
    last_lease_from_client_id: "c1",
    last_lease_client_id: "c2",
  })
  const from = (from_client_id?: string) => ({ client_id: "c3", from_client_id })
  expect(await text("pty_takeover", from())).toStartWith("from_client_id is required")
  expect(await text("pty_takeover", from("c1"))).toStartWith("lease is not held by from_client_id")
  expect(JSON.parse(await text("pty_takeover", from("c2")))).toMatchObject({
    attached_client_id: "c3",
    transferred: [session_id],
  })
  expect(JSON.parse(await text("pty_takeover", from("c2")))).toMatchObject({
    attached_client_id: "c3",
    transferred: [],
  })
  expect((await agent.json("pty_status", { session_id })).pid).toBe(pid)
  await act("pty_write", { client_id: "c3", data: "\x03" })
  await agent.json("pty_wait", { session_id })
  expect(await text("pty_attach", { client_id: "c4" })).toStartWith("process has exited")
})

test("36: the session's log directory has its output and events, and no input text", async () => {
  const directory = join(agent.home.path, "logs")
  await using logged = await Agent.start({ PTY_MCP_SESSION_LOG_DIR: directory }, agent.home)
  const session_id = await logged.spawn("stty -echo; echo ready; read secret; seq 1 2000", {
    tag: "t",
    tty_mode: "cooked",
  })
  await logged.json("pty_read_until", { session_id, pattern: "ready" })
  await logged.json("pty_attach", { session_id, client_id: "c1" })
  await logged.text("pty_write", { session_id, client_id: "c1", data: "hunter2\n" })
  await logged.json("pty_wait", { session_id, timeout_ms: PATIENCE_MS })
  const output = (await logged.json("pty_read_at", { session_id, max_chars: 1 << 20 })).text as string
  const file = (name: string) => join(directory, session_id, name)
  const transcript = () => readFileSync(file("transcript.log"), "utf8")
  const deadline = performance.now() + PATIENCE_MS
  while (transcript() !== output && performance.now() < deadline) await Bun.sleep(20)
  expect(transcript()).toBe(output)
  const lines = readFileSync(file("events.jsonl"), "utf8").trim().split("\n")
  const events = lines.map(line => JSON.parse(line))
  expect(events.map(event => event.event)).toEqual(["spawn", "attach", "write"])
  expect(events[0]).toMatchObject({
    tag: "t",
    owner: "o",
    cols: 120,
    backend: "subprocess",
    confirmation_mode: "none",
  })
  expect(events[2]).toEqual({ ts: expect.any(Number), event: "write", bytes: 8 })
  expect(lines.join("") + transcript()).not.toContain("hunter2")
  expect(statSync(join(directory, session_id)).mode & 0o777).toBe(0o700)
  for (const name of ["transcript.log", "events.jsonl"]) expect(statSync(file(name)).mode & 0o777).toBe(0o600)
})

test("36: a log that cannot be written does not fail calls", async () => {
  await using logged = await Agent.start({ PTY_MCP_SESSION_LOG_DIR: "/proc/nowhere" })
  const session_id = await logged.spawn("echo fine")
  expect(await logged.json("pty_wait", { session_id })).toMatchObject({ exit_code: 0 })
  expect(await logged.text("pty_read", { session_id })).toBe("fine\n")
})
