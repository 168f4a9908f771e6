// The tools with real programs: a REPL, an editor, a password prompt and a pager.

import { afterAll, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { installed } from "../helpers.ts"
import { Agent } from "./agent.ts"

const agent = await Agent.start()
afterAll(() => agent[Symbol.asyncDispose]())

const until = (session_id: string, pattern: string) =>
  agent.json("pty_read_until", { session_id, pattern, timeout_ms: 30_000 })
const type = (session_id: string, data: string) => agent.text("pty_write", { session_id, data })

test.skipIf(!installed("python3"))("the Python REPL answers each line and keeps its state", async () => {
  const session_id = await agent.spawn("python3 -q")
  await until(session_id, ">>> ")
  const ask = async (line: string) => {
    const prompt = { session_id, data: `${line}\n`, patterns: [">>> "], timeout_ms: 30_000 }
    const { text, matched } = await agent.json("pty_prompt", prompt)
    expect(matched).toBe(true)
    return text as string
  }
  await ask("x = 6 * 7")
  expect(await ask("print('the answer', x)")).toContain("the answer 42")
  await type(session_id, "exit(3)\n")
  expect(await agent.json("pty_wait", { session_id, timeout_ms: 30_000 })).toMatchObject({ exit_code: 3 })
})

test.skipIf(!installed("vim"))("vim writes the typed text to a file", async () => {
  const session_id = await agent.spawn("vim -u NONE -n note.txt", { cwd: agent.home.path })
  await until(session_id, "note.txt")
  await type(session_id, "ifirst line\rsecond line\x1b")
  await until(session_id, "second line")
  await type(session_id, ":wq\r")
  expect(await agent.json("pty_wait", { session_id, timeout_ms: 30_000 })).toMatchObject({ exit_code: 0 })
  expect(readFileSync(join(agent.home.path, "note.txt"), "utf8")).toBe("first line\nsecond line\n")
})

test("a password prompt does not echo the password", async () => {
  const session_id = await agent.spawn(
    'bash -c \'read -rsp "Password: " word </dev/tty; echo; test "$word" = hunter2 && echo welcome\'',
    { tty_mode: "cooked" },
  )
  await until(session_id, "Password: ")
  const answer = await agent.json("pty_prompt", { session_id, data: "hunter2\n", patterns: ["welcome"] })
  expect(answer.matched).toBe(true)
  const { text } = await agent.json("pty_read_at", { session_id })
  expect(text).toContain("Password: ")
  expect(text).not.toContain("hunter2")
})

test.skipIf(!installed("less"))("less pages, searches and quits", async () => {
  const session_id = await agent.spawn("seq 1 500 | less", { rows: 10, env: { LESS: "" } })
  await until(session_id, "9")
  await type(session_id, "/300\n")
  await until(session_id, "308")
  await type(session_id, "q")
  expect(await agent.json("pty_wait", { session_id, timeout_ms: 30_000 })).toMatchObject({ exit_code: 0 })
})
