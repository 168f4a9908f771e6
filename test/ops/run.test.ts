// run: a whole command in one request, without leftover processes.

import { expect, test } from "bun:test"
import { existsSync } from "node:fs"
import { eventually } from "../helpers.ts"
import { failing, onEverySurface } from "./surfaces.ts"

onEverySurface("run", open => {
  test("returns output and exit code", async () => {
    await using s = open()
    const answer = await s.call("run", { command: "echo out; echo err >&2; exit 3" })
    expect(answer).toMatchObject({ exit: { code: 3, signal: null }, omitted: 0, timed_out: false })
    expect(answer.data.split("\n").sort()).toEqual(["", "err", "out"])
    expect((await s.call("get", { id: answer.session_id })).state).toBe("finished")
  })

  test("passes stdin, by default an empty one", async () => {
    await using s = open()
    expect((await s.call("run", { argv: ["cat"], stdin: "ä猫\n" })).data).toBe("ä猫\n")
    expect((await s.call("run", { argv: ["cat"] })).data).toBe("")
    const big = "0123456789".repeat(50_000)
    expect((await s.call("run", { argv: ["cat"], stdin: big })).data).toBe(big)
    expect((await s.call("run", { argv: ["true"], stdin: big })).exit?.code).toBe(0)
  })

  test("reports a death by signal", async () => {
    await using s = open()
    const { exit } = await s.call("run", { command: "kill -9 $$" })
    expect(exit).toMatchObject({ code: null, signal: "SIGKILL" })
  })

  test("the time limit ends the command and its children", async () => {
    await using s = open()
    const command = "sleep 61 & setsid sleep 62 & echo $$ $!; trap '' TERM; while :; do sleep 0.05; done"
    const answer = await s.call("run", { command, timeout_ms: 200 })
    expect(answer.timed_out).toBe(true)
    expect(answer.exit?.signal).toMatch(/^SIG(HUP|KILL)$/)
    const pids = answer.data.trim().split(" ").map(Number)
    expect(pids.length).toBe(2)
    const alive = (pid: number) => existsSync(`/proc/${pid}/stat`) && isAlive(pid)
    await eventually(() => !pids.some(alive), "all processes to be gone")
  })

  test("returns the end of longer output, and how much was left out", async () => {
    await using s = open()
    const answer = await s.call("run", { command: "seq 1 1000", max_bytes: 10 })
    expect(answer).toMatchObject({ data: "8\n999\n1000\n".slice(1), omitted: 3893 - 10 })
    const text = await s.call("run", { argv: ["printf", "猫猫猫"], max_bytes: 4 })
    expect(text).toMatchObject({ data: "猫", omitted: 6 })
  })

  test("returns bytes as base64", async () => {
    await using s = open()
    const { data } = await s.call("run", { argv: ["printf", "\\377\\000"], encoding: "base64" })
    expect(data).toBe("/wA=")
  })

  test("runs on a terminal on request", async () => {
    await using s = open()
    const { data } = await s.call("run", {
      command: "test -t 1 && stty size",
      backend: "terminal",
      cols: 33,
      rows: 7,
    })
    expect(data).toContain("7 33")
  })

  test("input that the terminal rejects leaves no session running", async () => {
    await using s = open()
    const stdin = "x".repeat(5000)
    await failing(s.call("run", { argv: ["cat"], stdin, backend: "terminal" }), "invalid_input")
    await eventually(() => s.server.sessions.running === 0, "the command to end")
  })

  test("a disconnect of the caller ends the command", async () => {
    await using s = open()
    const gone = new AbortController()
    const body = { command: "echo started; sleep 60" }
    const answer = s.server.fetch("/v1/run", { method: "POST", body, signal: gone.signal }).catch(() => null)
    await eventually(() => (s.server.sessions.list()[0]?.log.end ?? 0) > 0, "the command to start")
    gone.abort()
    await answer
    await eventually(() => s.server.sessions.running === 0, "the command to end")
  })

  test("a program that cannot run is spawn_failed", async () => {
    await using s = open()
    expect((await failing(s.call("run", { argv: ["no-such-x"] }), "spawn_failed")).message).toContain(
      "no-such-x",
    )
    await failing(s.call("run", { argv: ["true"], timeout_ms: 0 }), "invalid_input")
    await failing(s.call("run", { argv: ["true"], stdin: 5 as never }), "invalid_input")
  })
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
