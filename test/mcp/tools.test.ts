// Contract pty-mcp: the tool list, the order of checks, owners, arguments and ended sessions.

import { afterAll, expect, test } from "bun:test"
import { ProtocolError } from "@modelcontextprotocol/client"
import { Home } from "../program.ts"
import { Agent } from "./agent.ts"

const CORE =
  "pty_spawn pty_resume pty_recover pty_attach pty_detach pty_handoff pty_takeover pty_read pty_read_stdout pty_read_stderr pty_read_at pty_read_until pty_read_until_any pty_read_quiescent pty_prompt confirm_dangerous_command pty_write pty_resize pty_close pty_status pty_wait pty_list".split(
    " ",
  )

const agent = await Agent.start({ PTY_MCP_GC_INTERVAL_SEC: "0.2" })
const open = await Agent.start({
  PTY_MCP_REQUIRE_OWNER: "0",
  PTY_MCP_ENABLE_CONTROL_TOOLS: "1",
  PTY_MCP_ENABLE_ADMIN_TOOLS: "true",
})
afterAll(() => Promise.all([agent[Symbol.asyncDispose](), open[Symbol.asyncDispose]()]))

const ended = agent.spawn("printf hello; exit 3")

test("1: 22 tools by default and 30 with both switches, each with an object schema, in at most 9,000 bytes", async () => {
  const { tools } = await agent.client.listTools()
  expect(tools.map(tool => tool.name)).toEqual(CORE)
  expect(JSON.stringify({ tools }).length).toBeLessThanOrEqual(9000)
  for (const tool of tools) {
    expect(tool.inputSchema.type).toBe("object")
    expect(tool.annotations?.readOnlyHint ?? tool.annotations?.destructiveHint).toBeDefined()
  }
  expect((await open.client.listTools()).tools.length).toBe(30)
  expect(agent.client.getServerVersion()?.name).toBe("ptyline")
})

test("1: stdout has only protocol messages, also during a flood and after invalid input", async () => {
  using home = new Home()
  const child = home.spawn(["mcp"])
  const send = (message: object) =>
    child.process.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`)
  const capabilities = {
    protocolVersion: "2024-11-05",
    capabilities: {},
    clientInfo: { name: "x", version: "1" },
  }
  const call = (id: number, name: string, args: object) =>
    send({ id, method: "tools/call", params: { name, arguments: { owner: "o", ...args } } })
  send({ id: 1, method: "initialize", params: capabilities })
  send({ method: "notifications/initialized" })
  call(2, "pty_spawn", { command: "seq 1 20000; echo at last >&2" })
  call(3, "pty_read", {})
  child.process.stdin.write("not json\n")
  call(4, "pty_nothing", {})
  await child.until(() => /"id":4\b/.test(child.stdout) && /"id":2\b/.test(child.stdout), "the answers")
  const { code, stdout } = await child.result()
  const messages = stdout
    .trim()
    .split("\n")
    .map(line => JSON.parse(line))
  expect(messages.every(message => message.jsonrpc === "2.0")).toBe(true)
  expect(messages.find(message => message.id === 1).result.protocolVersion).toBe("2024-11-05")
  expect(code).toBe(0)
})

test("2: a hidden tool is disabled by policy; an unknown one is a protocol error", async () => {
  expect(await agent.failure("pty_signal")).toStartWith("tool disabled by policy: pty_signal")
  expect(await agent.failure("pty_metrics")).toStartWith("tool disabled by policy: pty_metrics")
  const unknown = await agent.call("pty_nothing").catch(error => error)
  expect(unknown).toBeInstanceOf(ProtocolError)
  expect(unknown.code).toBe(-32602)
})

test("4: pty_spawn needs an owner, a command and a known backend; REQUIRE_OWNER=0 makes the owner optional", async () => {
  expect(await agent.failure("pty_spawn", { command: "true", owner: null })).toStartWith(
    "owner is required for spawn",
  )
  expect(await agent.failure("pty_spawn", { command: " " })).toStartWith("command is required")
  expect(await agent.failure("pty_spawn", { command: "true", backend: "x" })).toStartWith(
    "unsupported backend: x",
  )
  const id = await open.spawn("cat", { owner: "" })
  expect(id).toMatch(/^\S+$/)
  expect((await open.json("pty_status", { session_id: id, owner: undefined })).owner).toBe(null)
})

test("5: a wrong owner, a missing owner and an unknown session have different errors", async () => {
  const session_id = await agent.spawn("cat")
  expect(await agent.failure("pty_status", { session_id, owner: "p" })).toStartWith("session owner mismatch")
  expect(await agent.failure("pty_status", { session_id, owner: "" })).toStartWith(
    "owner is required for this session",
  )
  expect(await agent.failure("pty_status", { session_id: "s_none" })).toStartWith("unknown session_id")
  expect(await agent.failure("pty_status", {})).toStartWith("unknown session_id")
})

test("arguments: digits and words are accepted, garbage is rejected by name, unknown ones are ignored", async () => {
  const session_id = await agent.spawn("cat", { cols: "90", rows: null, separate_streams: "false", extra: 1 })
  expect(await agent.json("pty_status", { session_id })).toMatchObject({
    cols: 90,
    rows: 30,
    separate_streams: false,
  })
  expect(await agent.failure("pty_spawn", { command: "true", cols: "wide" })).toStartWith("invalid cols")
  expect(await agent.failure("pty_spawn", { command: "true", separate_streams: "maybe" })).toStartWith(
    "invalid separate_streams",
  )
  expect(await agent.failure("pty_write", { session_id, data: 5 })).toStartWith("invalid data")
})

test("3: an ended session stays readable with its exit code", async () => {
  const session_id = await ended
  expect(await agent.json("pty_wait", { session_id })).toMatchObject({
    running: false,
    exit_code: 3,
    exit_reason: "exited",
  })
  await agent.text("pty_read", { session_id: await agent.spawn("sleep 9"), timeout_ms: 1500 })
  expect(await agent.text("pty_read", { session_id })).toBe("hello")
  expect((await agent.json("pty_status", { session_id })).exit_code).toBe(3)
})
