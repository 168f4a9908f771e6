// Contract: sessions release descriptors and threads.

import { expect, test } from "bun:test"
import { readdirSync } from "node:fs"
import type { Backend } from "../../../src/core/session/backend.ts"
import { eventually, start } from "../../helpers.ts"

const count = (what: "fd" | "task") => readdirSync(`/proc/self/${what}`).length

export function resources(backend: Backend): void {
  test("descriptors and threads after 100 sessions, half of them killed", async () => {
    for (let i = 0; i < 4; i++) await cycle(i)
    const before = count("fd")
    const threads = count("task")
    for (let i = 0; i < 100; i += 4) await Promise.all([i, i + 1, i + 2, i + 3].map(cycle))
    await eventually(() => count("fd") <= before, `at most ${before} descriptors, not ${count("fd")}`)
    // the runtime's thread pool may have grown; three threads per session would be 300
    await eventually(() => count("task") <= threads + 16, `about ${threads} threads, not ${count("task")}`)
  })

  test("a failed spawn leaves no descriptor open", async () => {
    const before = count("fd")
    for (let i = 0; i < 20; i++) expect(() => start(backend, ["/no/such/program"])).toThrow("no such command")
    await eventually(() => count("fd") <= before, `at most ${before} descriptors, not ${count("fd")}`)
  })

  async function cycle(i: number): Promise<void> {
    await using run = start(backend, i % 2 ? "echo done" : "echo started; exec sleep 1000")
    if (i % 2) await run.collect()
    else await run.until("started")
  }
}
