// A session's log directory stays bounded: a file that has grown to its size begins anew, and the one before it is kept.

import { expect, test } from "bun:test"
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs"
import { join } from "node:path"
import { terminalBackend } from "../../src/backends/terminal/backend.ts"
import { Journal } from "../../src/mcp/session/journal.ts"
import { eventually, onLinux, scratch, start } from "../helpers.ts"

test("a transcript is rotated, and nothing of its end is missing", async () => {
  using directory = scratch()
  const faults: unknown[] = []
  await using run = start(
    terminalBackend,
    "for i in 1 2 3 4 5 6; do seq 1 400; sleep 0.05; done; echo last",
    {
      raw: true,
    },
  )
  new Journal(directory.path, error => faults.push(error), 2000).begin(run.session)
  const { text } = await run.collect()
  const file = (name: string) => {
    const path = join(directory.path, run.session.id, name)
    return existsSync(path) ? readFileSync(path, "utf8") : ""
  }
  const kept = () => file("transcript.log.1") + file("transcript.log")
  await eventually(() => kept().endsWith("last\n"), "the end of the transcript")
  expect(file("transcript.log.1").length).toBeGreaterThanOrEqual(2000)
  expect(kept().length).toBeLessThan(text.length)
  expect(text.endsWith(kept())).toBe(true)
  expect(faults).toEqual([])
})

/** This process's open files below a directory. */
const openBelow = (directory: string): string[] =>
  readdirSync("/proc/self/fd").flatMap(fd => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`)
      return path.startsWith(directory) ? [path] : []
    } catch {
      return []
    }
  })

test.skipIf(!onLinux("counting open files by /proc"))(
  "what is noted of a session that is over leaves no file open",
  async () => {
    using directory = scratch()
    const faults: unknown[] = []
    await using run = start(terminalBackend, "echo done")
    const journal = new Journal(directory.path, error => faults.push(error))
    journal.begin(run.session)
    journal.event(run.session, "spawn", {})
    const events = join(directory.path, run.session.id, "events.jsonl")
    const noted = () => (existsSync(events) ? readFileSync(events, "utf8") : "")
    await run.collect()
    await eventually(
      () => noted().includes("spawn") && openBelow(directory.path).length === 0,
      "the end of its log",
    )
    journal.event(run.session, "detach", {})
    await eventually(() => noted().includes("detach"), "the later event")
    await eventually(() => openBelow(directory.path).length === 0, "its file to be closed")
    expect(faults).toEqual([])
  },
)
