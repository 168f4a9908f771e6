// Contract pty-mcp: rate limits, timeouts, sizes, directories, environments, scopes and session counts.

import { afterAll, expect, test } from "bun:test"
import { mkdirSync, readdirSync, readFileSync, realpathSync } from "node:fs"
import { join } from "node:path"
import { PATIENCE_MS } from "../helpers.ts"
import { Agent, timed } from "./agent.ts"

const agent = await Agent.start({
  PTY_MCP_ENABLE_CONTROL_TOOLS: "1",
  PTY_MCP_ENABLE_ADMIN_TOOLS: "1",
  PTY_MCP_MAX_SESSIONS: "100",
  TERM: "",
  PTYLINE_TOKEN: "a-token-that-must-not-be-seen",
})
afterAll(() => agent[Symbol.asyncDispose]())

const wait = (session_id: string) => agent.json("pty_wait", { session_id, timeout_ms: PATIENCE_MS })

/** Returns the whole output of a command. */
async function outputOf(command: string, more: Record<string, unknown> = {}): Promise<string> {
  const session_id = await agent.spawn(command, more)
  await wait(session_id)
  return agent.text("pty_read", { session_id, max_chars: 100_000 })
}

/** Returns the running processes with this home whose command line contains these words. */
function processesAt(home: string, words: string): string[] {
  return readdirSync("/proc").filter(pid => {
    if (!/^\d+$/.test(pid)) return false
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")
      return (
        command.includes(words) && readFileSync(`/proc/${pid}/environ`, "utf8").includes(`HOME=${home}\0`)
      )
    } catch {
      return false
    }
  })
}

/** Returns the running processes of a group, without zombies. */
function membersOf(group: number): string[] {
  const stats = readdirSync("/proc").filter(name => /^\d+$/.test(name))
  return stats.filter(pid => {
    const fields = statOf(pid)
    return fields !== null && Number(fields[2]) === group && fields[0] !== "Z"
  })
}

function statOf(pid: string): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  } catch {
    return null
  }
}

test("9: byte 03 interrupts in a raw terminal", async () => {
  const session_id = await agent.spawn("echo ready; exec sleep 100")
  await agent.json("pty_read_until", { session_id, pattern: "ready" })
  await agent.text("pty_write", { session_id, data: "\x03" })
  expect(await wait(session_id)).toMatchObject({ running: false, exit_code: -2, exit_signal: "SIGINT" })
})

test("21: output over the rate is dropped and counted, input over the rate is rejected", async () => {
  const session_id = await agent.spawn("head -c 50000 /dev/zero | tr '\\0' x", { rate_limit_bps: 1000 })
  await wait(session_id)
  const { rate_dropped, buf_total_offset } = await agent.json("pty_status", { session_id })
  expect(rate_dropped).toBeGreaterThan(0)
  expect(buf_total_offset + rate_dropped).toBe(50_000)
  expect(await agent.text("pty_read", { session_id })).toStartWith(
    "[pty-mcp] output throttled (limit=1000 bytes/sec)\nx",
  )
  const typed = await agent.spawn("cat", { input_rate_bps: 10 })
  const write = { session_id: typed, data: "y".repeat(100) }
  expect(await agent.failure("pty_write", write)).toStartWith("input rate limit exceeded")
  expect(await agent.json("pty_status", { session_id: typed })).toMatchObject({
    input_dropped: 100,
    bytes_written: 0,
  })
  expect(await agent.text("pty_write", { session_id: typed, data: "1234567890" })).toBe("ok")
})

test("22: a write after the exit fails; close ends a process that ignores TERM and removes the id", async () => {
  const over = await agent.spawn("true")
  await wait(over)
  expect(await agent.failure("pty_write", { session_id: over, data: "x" })).toStartWith("process has exited")
  const stubborn = await agent.spawn("trap '' TERM HUP; echo ready; while :; do sleep 1; done")
  await agent.json("pty_read_until", { session_id: stubborn, pattern: "ready" })
  const { pid } = await agent.json("pty_status", { session_id: stubborn })
  expect(await agent.text("pty_close", { session_id: stubborn })).toBe("ok")
  expect(membersOf(pid)).toEqual([])
  expect(await agent.failure("pty_close", { session_id: stubborn })).toStartWith("unknown session_id")
})

test("23: a session ends at its maximum age without further calls and stays readable", async () => {
  const session_id = await agent.spawn("echo x; sleep 300", { spawn_timeout_sec: 1 })
  const ended = await wait(session_id)
  expect(ended).toMatchObject({ running: false, exit_reason: "timeout" })
  expect(await agent.text("pty_read", { session_id })).toBe("x\n")
})

test("24: a read-only session can be read and closed but not written; an unknown scope is rejected", async () => {
  const session_id = await agent.spawn("echo x; sleep 60", { scope: "read-only" })
  const rejected = await agent.failure("pty_write", { session_id, data: "x" })
  expect(rejected).toStartWith("scope 'read-only' does not allow tool 'pty_write'")
  expect(await agent.failure("pty_prompt", { session_id, data: "x", patterns: ["y"] })).toStartWith(
    "scope 'read-only'",
  )
  expect((await agent.json("pty_read_until", { session_id, pattern: "x" })).matched).toBe(true)
  expect(await agent.text("pty_close", { session_id })).toBe("ok")
  expect(await agent.failure("pty_spawn", { command: "true", scope: "weird" })).toStartWith(
    "unsupported scope: weird",
  )
})

test("25: signals need the control scope", async () => {
  const spawn = async (command: string, scope?: string) => {
    const session_id = await agent.spawn(`echo ready; exec ${command}`, { scope })
    await agent.json("pty_read_until", { session_id, pattern: "ready" })
    return session_id
  }
  const sleeping = await spawn("sleep 100", "control")
  expect(await agent.failure("pty_signal", { session_id: sleeping, sig: "foo" })).toStartWith(
    "unsupported signal: SIGFOO",
  )
  expect(await agent.json("pty_signal", { session_id: sleeping, sig: "int" })).toEqual({ ok: true })
  expect((await wait(sleeping)).exit_code).toBe(-2)
  const session_id = await spawn("cat", "control")
  await agent.json("pty_signal", { session_id, sig: "SIGTERM" })
  expect(await wait(session_id)).toMatchObject({
    exit_code: -15,
    exit_reason: "signaled",
    exit_signal: "SIGTERM",
  })
  const again = await agent.json("pty_signal", { session_id, sig: "TERM" })
  expect(again).toEqual({ ok: true, note: "already exited", exit_code: -15 })
  const plain = await spawn("cat")
  expect(await agent.failure("pty_signal", { session_id: plain, sig: "INT" })).toStartWith(
    "scope 'read-write' does not allow",
  )
})

test("26: resize changes the terminal's size and rejects invalid sizes", async () => {
  expect(await outputOf("stty size")).toBe("30 120\n")
  const session_id = await agent.spawn("read go; stty size")
  expect(await agent.text("pty_resize", { session_id, cols: 100, rows: 40 })).toBe("ok")
  expect(await agent.failure("pty_resize", { session_id, cols: 0, rows: -4 })).toStartWith(
    "cols and rows must be 1 to 1000",
  )
  expect(await agent.json("pty_status", { session_id })).toMatchObject({ cols: 100, rows: 40 })
  await agent.text("pty_write", { session_id, data: "\n" })
  expect((await agent.json("pty_read_until", { session_id, pattern: "\n" })).text).toBe("40 100\n")
})

test("27: the directory: the argument, the default, the command's own", async () => {
  const places = ["told", "default", "own"].map(name => join(realpathSync(agent.home.path), name))
  const [told, fallback, own] = places as [string, string, string]
  for (const place of places) mkdirSync(place)
  const script = join(own, "where")
  await Bun.write(script, "#!/bin/sh\npwd\n")
  await Bun.$`chmod +x ${script}`.quiet()
  expect(await outputOf("pwd")).toBe(`${realpathSync(agent.home.path)}\n`)
  expect(await outputOf(script)).toBe(`${own}\n`)
  expect(await agent.json("set_default_cwd", { cwd: "~/default" })).toEqual({ ok: true, cwd: fallback })
  expect(await outputOf(script)).toBe(`${fallback}\n`)
  expect(await outputOf("pwd", { cwd: told })).toBe(`${told}\n`)
  expect(await agent.json("get_default_cwd")).toEqual({ cwd: fallback })
  expect(await agent.failure("pty_spawn", { command: "pwd", cwd: "/nowhere/x" })).toStartWith(
    "cwd does not exist: /nowhere/x",
  )
  expect(await agent.failure("set_default_cwd", { cwd: "nowhere" })).toStartWith(
    "cwd does not exist: nowhere",
  )
  expect(await agent.json("set_default_cwd", { cwd: null })).toEqual({ ok: true, cwd: null })
})

test("28: variables as given, terminal defaults for missing ones, and no ptyline secrets", async () => {
  const env = { A: 1, B: null }
  const shown = 'echo "$A|$B|$TERM|$COLORTERM|$LANG|$LC_ALL"; env'
  const output = await outputOf(shown, { env })
  expect(output).toStartWith("1||xterm-256color|truecolor|C.UTF-8|C.UTF-8\n")
  expect(output).not.toContain("a-token-that-must-not-be-seen")
  await using dumb = await Agent.start({ TERM: "dumb", LANG: "C" })
  const session_id = await dumb.spawn('echo "$TERM $LANG $LC_ALL"')
  await dumb.json("pty_wait", { session_id })
  expect(await dumb.text("pty_read", { session_id })).toBe("dumb C C\n")
})

test("29: MAX_SESSIONS limits the running sessions", async () => {
  await using two = await Agent.start({ PTY_MCP_MAX_SESSIONS: "2" })
  const [first] = await Promise.all([two.spawn("cat"), two.spawn("cat")])
  expect(await two.failure("pty_spawn", { command: "cat" })).toStartWith("too many sessions (max 2)")
  await two.text("pty_write", { session_id: first, data: "\x03" })
  await two.json("pty_wait", { session_id: first })
  expect(await two.spawn("cat")).toStartWith("s_")
})

test("30: an idle session is closed even while it prints; status calls keep a session open", async () => {
  await using idle = await Agent.start({ PTY_MCP_IDLE_TIMEOUT_SEC: "2", PTY_MCP_GC_INTERVAL_SEC: "1" })
  const [idleId, usedId] = await Promise.all([
    idle.spawn("while sleep 0.2; do echo x; done"),
    idle.spawn("sleep 100"),
  ])
  const timer = setInterval(() => void idle.call("pty_status", { session_id: usedId }), 200)
  const owned = async () => ((await idle.json("pty_list")) as { session_id: string }[]).map(s => s.session_id)
  const deadline = performance.now() + PATIENCE_MS
  while ((await owned()).includes(idleId) && performance.now() < deadline) await Bun.sleep(50)
  clearInterval(timer)
  expect(await idle.failure("pty_status", { session_id: idleId })).toStartWith("unknown session_id")
  expect((await idle.json("pty_status", { session_id: usedId })).running).toBe(true)
})

test("37: pty_list has the owner's sessions, by tag, least recently active first; the admin tools have all keys", async () => {
  const owner = "lister"
  const [a, b] = [
    await agent.spawn("cat", { owner, tag: "x" }),
    await agent.spawn("cat", { owner, tag: "xy" }),
  ]
  await agent.spawn("cat", { owner: "other", tag: "x" })
  await Bun.sleep(5)
  await agent.json("pty_status", { session_id: a, owner })
  const list = async (more = {}) =>
    (await agent.json("pty_list", { owner, ...more })) as Record<string, unknown>[]
  expect((await list()).map(entry => entry.session_id)).toEqual([b, a])
  expect((await list({ tag: "x" })).map(entry => entry.session_id)).toEqual([a])
  const keys =
    "session_id pid pgid running exit_code command cwd cols rows tag owner created_at last_active buffer_bytes bytes_read bytes_written"
  expect(Object.keys((await list())[0]!)).toEqual(expect.arrayContaining(keys.split(" ")))
  expect(await agent.failure("pty_list", { owner: "" })).toStartWith("owner is required for pty_list")
  const has = async (tool: string, names: string) =>
    expect(Object.keys(await agent.json(tool))).toEqual(expect.arrayContaining(names.split(" ")))
  await has("pty_health", "ok uptime_sec session_count max_sessions")
  await has(
    "pty_metrics",
    "uptime_sec session_count running_count max_sessions bytes_read_total bytes_written_total rate_dropped_total input_dropped_total truncated_sessions",
  )
  await has(
    "get_limits",
    "max_output_bytes spawn_timeout_sec idle_timeout_sec read_timeout_ms rate_limit_bps input_rate_bps",
  )
})

test("pty_status has every field of the contract", async () => {
  const session_id = await agent.spawn("cat")
  const fields =
    "session_id pid pgid running exit_code exit_reason command cwd cols rows tag owner separate_streams created_at last_active buffer_bytes stdout_buffer_bytes stderr_buffer_bytes buf_start_offset buf_total_offset stdout_buf_start_offset stdout_buf_total_offset stderr_buf_start_offset stderr_buf_total_offset max_output_bytes max_runtime_sec rate_limit_bps rate_dropped input_rate_bps input_dropped truncated bytes_read bytes_written name scope backend tmux_workspace recovered recovered_at attached attached_client_id attached_at workspace_attached_client_id workspace_attached_sessions last_lease_event last_lease_client_id last_lease_from_client_id last_lease_reason last_lease_at exit_signal tty_mode read_offset"
  expect(Object.keys(await agent.json("pty_status", { session_id })).sort()).toEqual(fields.split(" ").sort())
})

test("set_limits changes running sessions and defaults", async () => {
  const session_id = await agent.spawn("read go; seq 1 5000; cat")
  const changed = await agent.json("set_limits", {
    max_output_bytes: 5000,
    input_rate_bps: 4,
    spawn_timeout_sec: -3,
  })
  expect(changed).toMatchObject({ max_output_bytes: 5000, input_rate_bps: 4, spawn_timeout_sec: 0 })
  expect(await agent.failure("pty_write", { session_id, data: "too much" })).toStartWith(
    "input rate limit exceeded",
  )
  await agent.text("pty_write", { session_id, data: "\n" })
  await agent.json("pty_read_until", { session_id, pattern: "\n5000\n" })
  const { buf_start_offset, buf_total_offset } = await agent.json("pty_status", { session_id })
  expect(buf_total_offset - buf_start_offset).toBe(5000)
  await agent.json("set_limits", { max_output_bytes: 0, input_rate_bps: 0 })
  expect(await agent.json("get_limits")).toMatchObject({ max_output_bytes: 5000, input_rate_bps: 0 })
})

test("38: no output tail and no exit code is lost; no process and no descriptor is left", async () => {
  const batch = async (from: number) => {
    const codes = Array.from({ length: 20 }, (_, i) => (from + i) % 200)
    await Promise.all(
      codes.map(async code => {
        const session_id = await agent.spawn(`printf tail; exit ${code}`)
        expect((await wait(session_id)).exit_code).toBe(code)
        expect(await agent.text("pty_read", { session_id })).toBe("tail")
        await agent.text("pty_close", { session_id })
      }),
    )
  }
  const descriptors = async () => Number((await Bun.$`ls /proc/${agent.corePid}/fd | wc -l`.text()).trim())
  await batch(0)
  const before = await descriptors()
  for (let from = 20; from < 200; from += 20) await batch(from)
  for (let i = 0; i < 10; i++)
    await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        const session_id = await agent.spawn("sleep 1000 & sleep 1000", { separate_streams: n % 4 === 0 })
        await agent.text("pty_close", { session_id })
      }),
    )
  const deadline = performance.now() + PATIENCE_MS
  while ((await descriptors()) > before && performance.now() < deadline) await Bun.sleep(100)
  expect(await descriptors()).toBeLessThanOrEqual(before)
  expect(processesAt(agent.home.path, "sleep 1000")).toEqual([])
}, 120_000)

test("pty_close_all ends every session of this server", async () => {
  const session_id = await agent.spawn("cat")
  const { value } = await timed(agent.text("pty_close_all"))
  expect(value).toBe("ok")
  expect(await agent.failure("pty_status", { session_id })).toStartWith("unknown session_id")
})
