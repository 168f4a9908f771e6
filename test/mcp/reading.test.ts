// Contract pty-mcp, reading: each byte once, in order, in whole characters.

import { afterAll, expect, test } from "bun:test"
import { installed, PATIENCE_MS } from "../helpers.ts"
import { Agent, timed } from "./agent.ts"

const agent = await Agent.start()
afterAll(() => agent[Symbol.asyncDispose]())

/** Waits for the session's end and reads all its output. */
async function readAll(session_id: string, tool = "pty_read"): Promise<string> {
  await agent.json("pty_wait", { session_id, timeout_ms: PATIENCE_MS })
  let all = ""
  for (;;) {
    const text = await agent.text(tool, { session_id, max_chars: 100_000, timeout_ms: 0 })
    if (text === "") return all
    all += text
  }
}

test("6: pty_read consumes whole characters; pty_read_at consumes nothing", async () => {
  const session_id = await agent.spawn("cat")
  await agent.text("pty_write", { session_id, data: "héllo\n" })
  const all = { session_id, offset: 0 }
  await untilOutput(session_id, 7)
  expect(await agent.json("pty_read_at", { ...all, max_chars: 2 })).toMatchObject({
    text: "h",
    next_offset: 1,
  })
  expect(await agent.text("pty_read", { session_id, max_chars: 3 })).toBe("hé")
  expect(await agent.text("pty_read", { session_id })).toBe("llo\n")
  const again = await agent.json("pty_read_at", all)
  expect(again).toMatchObject({ text: "héllo\n", truncated: false, next_offset: 7, stream: "pty" })
  expect(await agent.json("pty_read_at", { session_id, offset: 99 })).toMatchObject({
    text: "",
    next_offset: 7,
  })
  expect(await agent.failure("pty_read_at", { session_id, stream: "x" })).toStartWith("unsupported stream: x")
})

test("7: a silent read returns empty text at the timeout, or JSON; 0 ms returns at once; max_chars 0 is the default", async () => {
  // the timeout of reads without timeout_ms
  const session_id = await agent.spawn("cat", { read_timeout_ms: 60_000 })
  const waited = await timed(agent.text("pty_read", { session_id, timeout_ms: 100 }))
  expect(waited.value).toBe("")
  expect(waited.ms).toBeGreaterThanOrEqual(90)
  expect(await agent.json("pty_read", { session_id, timeout_ms: 0, format: "json" })).toMatchObject({
    text: "",
    stream: "pty",
  })
  const atOnce = await timed(agent.text("pty_read", { session_id, timeout_ms: 0 }))
  expect(atOnce.ms).toBeLessThan(PATIENCE_MS)
  await agent.text("pty_write", { session_id, data: "x".repeat(50) })
  await untilOutput(session_id, 50)
  expect(await agent.text("pty_read", { session_id, max_chars: 0 })).toBe("x".repeat(50))
})

test("8: a raw terminal does not echo or translate; a cooked one does", async () => {
  const raw = await agent.spawn("cat")
  await agent.text("pty_write", { session_id: raw, data: "a\n" })
  expect((await agent.json("pty_read_until", { session_id: raw, pattern: "a\n" })).text).toBe("a\n")
  await agent.text("pty_write", { session_id: raw, data: "\x1c" })
  expect(await readAll(raw)).toBe("")
  expect((await agent.json("pty_status", { session_id: raw })).exit_signal).toBe("SIGQUIT")
  const cooked = await agent.spawn("cat", { tty_mode: "cooked" })
  await agent.text("pty_write", { session_id: cooked, data: "a\n" })
  await untilOutput(cooked, 6)
  expect(await agent.text("pty_read", { session_id: cooked })).toBe("a\r\na\r\n")
})

test("10: read_until consumes the match and the output after it, and returns match_end", async () => {
  const session_id = await agent.spawn("printf 'abc done tail\\n'; sleep 30")
  const found = await agent.call("pty_read_until", { session_id, pattern: "done" })
  expect(JSON.parse(found.text)).toMatchObject({
    matched: true,
    text: "abc done tail\n",
    match_end: 8,
    exited: false,
  })
  expect(found.structured).toMatchObject({ next_offset: 14, running: true })
  expect(await agent.text("pty_read", { session_id, timeout_ms: 0 })).toBe("")
})

test("11: without a match the output returns at the timeout, which READ_UNTIL_MAX_MS limits", async () => {
  await using bounded = await Agent.start({ PTY_MCP_READ_UNTIL_MAX_MS: "400" })
  const session_id = await bounded.spawn("printf some; sleep 30")
  const short = await timed(bounded.json("pty_read_until", { session_id, pattern: "zz", timeout_ms: 200 }))
  expect(short.value).toMatchObject({ matched: false, text: "some" })
  expect(short.ms).toBeGreaterThanOrEqual(190)
  const long = await timed(bounded.json("pty_read_until", { session_id, pattern: "zz", timeout_ms: 999_999 }))
  expect(long.value).toMatchObject({ matched: false, text: "" })
  expect(long.ms).toBeLessThan(PATIENCE_MS / 2)
})

test("12: the exit of the process ends the wait, with all its output", async () => {
  const session_id = await agent.spawn("printf begin; sleep 0.2; printf end")
  const { value, ms } = await timed(
    agent.json("pty_read_until", { session_id, pattern: "zz", timeout_ms: 30_000 }),
  )
  expect(value).toMatchObject({ matched: false, text: "beginend", exited: true, match_end: null })
  expect(ms).toBeLessThan(PATIENCE_MS / 2)
})

test("13: read_until_any returns the first listed pattern that matches; a missing or invalid one is an error", async () => {
  const session_id = await agent.spawn("cat")
  await agent.text("pty_write", { session_id, data: "first done second\n" })
  const any = (patterns: unknown, more = {}) => ({ session_id, patterns, timeout_ms: 5000, ...more })
  expect(await agent.json("pty_read_until_any", any(["zz", "done"]))).toMatchObject({
    matched: true,
    pattern: "done",
  })
  await agent.text("pty_write", { session_id, data: "early late\n" })
  expect(await agent.json("pty_read_until_any", any(["late", "early"]))).toMatchObject({ pattern: "late" })
  expect(await agent.json("pty_read_until_any", any(["zz"], { timeout_ms: 50 }))).toMatchObject({
    matched: false,
    pattern: null,
  })
  expect(await agent.failure("pty_read_until_any", any([]))).toStartWith("patterns is required")
  for (const pattern of ["(", "(?=a)", "(a)\\1"])
    expect(await agent.failure("pty_read_until_any", any([pattern], { regex: true }))).toStartWith(
      "invalid regex",
    )
  expect(await agent.failure("pty_read_until", { session_id })).toStartWith("pattern is required")
  expect((await agent.json("pty_status", { session_id })).running).toBe(true)
})

test("13: Python syntax: named groups, flags, \\A, \\Z, and $ before the final newline", async () => {
  const session_id = await agent.spawn("cat")
  const matches = async (data: string, pattern: string) => {
    await agent.text("pty_write", { session_id, data })
    const args = { session_id, pattern, regex: true, timeout_ms: 5000 }
    return (await agent.json("pty_read_until", args)).match_end
  }
  expect(await matches("abc\n", "(?P<word>b)")).toBe(2)
  expect(await matches("ABC\n", "(?i)abc")).toBe(3)
  expect(await matches("xyz\n", "\\Axyz\\n\\Z")).toBe(4)
  expect(await matches("tail\n", "tail$")).toBe(4)
})

test("13: colour sequences inside a match do not hide it and stay in the text", async () => {
  const session_id = await agent.spawn("printf 'st\\033[1mat\\033[0mus: \\033[32mok\\033[0m\\n'; sleep 30")
  const found = await agent.json("pty_read_until", { session_id, pattern: "status: ok" })
  expect(found.text.slice(0, found.match_end)).toBe("st\x1b[1mat\x1b[0mus: \x1b[32mok")
})

test("14: a slow expression ends at its timeout and does not delay other calls", async () => {
  const session_id = await agent.spawn("head -c 30000 /dev/zero | tr '\\0' a; printf b; sleep 30")
  await untilOutput(session_id, 30_001)
  const args = { session_id, pattern: "(a+)+$", regex: true, timeout_ms: 300, max_chars: 40_000 }
  const slow = timed(agent.json("pty_read_until", args))
  const status = await timed(agent.json("pty_status", { session_id }))
  expect(status.ms).toBeLessThan(5000)
  const { value, ms } = await slow
  expect(value.matched).toBe(false)
  expect(value.text).toHaveLength(30_001)
  expect(ms).toBeLessThan(PATIENCE_MS / 2)
})

test("a match is found across chunks and after much output", async () => {
  const script = "seq 1 60000; printf nee; sleep 0.1; printf 'dle\\n'; seq 1 1000; sleep 30"
  for (const [regex, pattern] of [
    [false, "\nneedle\n"],
    [true, "(?m)^n[e]+dle$"],
  ] as const) {
    const session_id = await agent.spawn(script)
    const found = await agent.json("pty_read_until", { session_id, pattern, regex, timeout_ms: 30_000 })
    expect(found.matched).toBe(true)
    expect(found.text.slice(0, found.match_end).trimEnd()).toEndWith("60000\nneedle")
    expect(found.text.length).toBeLessThanOrEqual(8000)
    await agent.text("pty_close", { session_id })
  }
})

test.skipIf(!installed("python3"))("15: a prompt from before the write does not match", async () => {
  const session_id = await agent.spawn("python3 -q -i -c 'print(\"banner\")'")
  await untilPrinted(session_id, ">>> ")
  const found = await agent.json("pty_prompt", { session_id, data: "1+1\n", patterns: [">>> "] })
  expect(found).toMatchObject({ matched: true, pattern: ">>> " })
  expect(found.text).toContain("banner")
  expect(found.text.slice(0, found.match_end)).toContain("2")
  const empty = await agent.spawn("printf 'ready> '; sleep 30")
  await untilPrinted(empty, "ready> ")
  expect(await agent.json("pty_prompt", { session_id: empty, data: "", patterns: ["ready>"] })).toMatchObject(
    {
      matched: true,
    },
  )
})

test("16: read_quiescent waits for the first output, then for silence, and not after the exit", async () => {
  const late = await agent.spawn("sleep 0.7; printf out; sleep 0.05; printf put; sleep 30")
  expect(await agent.text("pty_read_quiescent", { session_id: late, quiescence_ms: 300 })).toBe("output")
  const over = await agent.spawn("true")
  await agent.json("pty_wait", { session_id: over })
  const { value, ms } = await timed(
    agent.text("pty_read_quiescent", { session_id: over, timeout_ms: 30_000 }),
  )
  expect(value).toBe("")
  expect(ms).toBeLessThan(PATIENCE_MS / 4)
})

test("17: a waiting call does not block other calls or pings", async () => {
  const [waiting, other] = await Promise.all([agent.spawn("sleep 60"), agent.spawn("cat")])
  const abort = new AbortController()
  const wait = agent
    .call(
      "pty_read_until",
      { session_id: waiting, pattern: "never", timeout_ms: 50_000 },
      { signal: abort.signal },
    )
    .catch(() => "cancelled")
  const calls = Array.from({ length: 20 }, (_, i) =>
    timed(
      i % 4 === 0
        ? agent.client.ping()
        : i % 4 === 1
          ? agent.json("pty_status", { session_id: waiting })
          : i % 4 === 2
            ? agent.text("pty_write", { session_id: other, data: `${i}\n` })
            : agent.text("pty_read", { session_id: other, timeout_ms: 0 }),
    ),
  )
  for (const { ms } of await Promise.all(calls)) expect(ms).toBeLessThan(5000)
  abort.abort()
  expect(await wait).toBe("cancelled")
})

test("18: two reads at once return each byte once; a cancelled one consumes none", async () => {
  const session_id = await agent.spawn("cat")
  const abort = new AbortController()
  const cancelled = agent
    .call("pty_read", { session_id, timeout_ms: 30_000 }, { signal: abort.signal })
    .catch(() => "cancelled")
  const reads = [1, 2].map(() => agent.text("pty_read", { session_id, timeout_ms: 3000, max_chars: 4 }))
  abort.abort()
  expect(await cancelled).toBe("cancelled")
  await agent.text("pty_write", { session_id, data: "abcdefgh" })
  expect((await Promise.all(reads)).join("")).toBe("abcdefgh")
})

test("18: many reads at once return each byte of a long output once", async () => {
  const session_id = await agent.spawn("seq 1 3000; sleep 60")
  await untilPrinted(session_id, "\n3000\n")
  const reads = Array.from({ length: 20 }, () =>
    agent.text("pty_read", { session_id, max_chars: 900, timeout_ms: 500 }),
  )
  const lines = Array.from({ length: 3000 }, (_, i) => `${i + 1}\n`).join("")
  expect((await Promise.all(reads)).join("")).toBe(lines)
})

test("19: separate_streams keeps stdout and stderr apart; without it they are merged", async () => {
  const apart = await agent.spawn("echo o; echo e >&2; test -t 0 && tty <&0 | head -c 5", {
    separate_streams: true,
  })
  expect(await readAll(apart, "pty_read_stdout")).toBe("o\n/dev/")
  expect(await readAll(apart, "pty_read_stderr")).toBe("e\n")
  const both = await readAll(apart)
  expect(both).toContain("o\n")
  expect(both).toContain("e\n")
  const at = await agent.json("pty_read_at", { session_id: apart, stream: "stderr" })
  expect(at).toMatchObject({ text: "e\n", stream: "stderr" })
  const together = await agent.spawn("echo o; echo e >&2")
  expect(await readAll(together)).toBe("o\ne\n")
  expect(await agent.text("pty_read_stdout", { session_id: together, timeout_ms: 0 })).toBe("")
})

test("20: one notice before the text reports trimmed output; offsets do not shift", async () => {
  const session_id = await agent.spawn("seq 1 5000", { max_output_bytes: 1000 })
  await agent.json("pty_wait", { session_id })
  const printed = Array.from({ length: 5000 }, (_, i) => `${i + 1}\n`).join("")
  const status = await agent.json("pty_status", { session_id })
  expect(status).toMatchObject({ truncated: true, buf_total_offset: printed.length })
  expect(status.buf_total_offset - status.buf_start_offset).toBeLessThanOrEqual(1000)
  const [notice, ...rest] = (await agent.text("pty_read", { session_id })).split(/(?<=\n)/)
  expect(notice).toBe("[pty-mcp] output truncated (limit=1000 bytes)\n")
  expect(rest.join("")).toBe(printed.slice(-1000))
  const below = await agent.json("pty_read_at", { session_id, offset: 0 })
  expect(below).toMatchObject({ truncated: true, text: "", next_offset: status.buf_start_offset })
  const retained = await agent.json("pty_read_at", { session_id, offset: status.buf_start_offset })
  expect(retained.text).toBe(printed.slice(-1000))
  expect(await agent.text("pty_read", { session_id, timeout_ms: 0 })).toBe("")
})

test("invalid UTF-8 becomes U+FFFD; an incomplete character waits for its rest", async () => {
  const session_id = await agent.spawn(
    "printf 'a\\377b'; sleep 0.3; printf '\\342\\202'; sleep 0.3; printf '\\254'; sleep 30",
  )
  await untilOutput(session_id, 5)
  expect(await agent.text("pty_read", { session_id })).toBe("a\ufffdb")
  expect(await agent.text("pty_read", { session_id, timeout_ms: 20_000 })).toBe("€")
})

async function untilOutput(session_id: string, bytes: number): Promise<void> {
  const end = async () => (await agent.json("pty_status", { session_id })).buf_total_offset
  while ((await end()) < bytes) await Bun.sleep(5)
}

async function untilPrinted(session_id: string, text: string): Promise<void> {
  const printed = async () =>
    (await agent.json("pty_read_at", { session_id, max_chars: 1 << 20 })).text as string
  while (!(await printed()).includes(text)) await Bun.sleep(5)
}
