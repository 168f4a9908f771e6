// Rotation of the files in a session's log directory.

import { expect, test } from "bun:test"
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs"
import { join } from "node:path"
import { terminalBackend } from "../../src/backends/terminal/backend.ts"
import { Journal } from "../../src/mcp/session/journal.ts"
import { eventually, onLinux, scratch, start } from "../helpers.ts"

test("a transcript is rotated without losing its end", async () => {
  using directory = scratch()
  const faults: unknown[] = []
  await using run = start(
    terminalBackend,
    "for i in 1 2 3 4 5 6; do seq 1 400; sleep 0.05; done; echo last",
    {
      raw: true,
    },
  )
  new Journal(directory.path, error => faults.push(error), 2000).start(run.session)
  const { text } = await run.collect()
  const file = (name: string) => {
    const path = join(directory.path, run.session.id, name)
    return existsSync(path) ? readFileSync(path, "utf8") : ""
  }
  const stored = () => file("transcript.log.1") + file("transcript.log")
  await eventually(() => stored().endsWith("last\n"), "the end of the transcript")
  expect(file("transcript.log.1").length).toBeGreaterThanOrEqual(2000)
  expect(stored().length).toBeLessThan(text.length)
  expect(text.endsWith(stored())).toBe(true)
  expect(faults).toEqual([])
})

/** Returns this process's open files below a directory. */
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
  "an event after the session's end leaves no file open",
  async () => {
    using directory = scratch()
    const faults: unknown[] = []
    await using run = start(terminalBackend, "echo done")
    const journal = new Journal(directory.path, error => faults.push(error))
    journal.start(run.session)
    journal.event(run.session, "spawn", {})
    const events = join(directory.path, run.session.id, "events.jsonl")
    const eventLog = () => (existsSync(events) ? readFileSync(events, "utf8") : "")
    await run.collect()
    await eventually(
      () => eventLog().includes("spawn") && openBelow(directory.path).length === 0,
      "the end of its log",
    )
    journal.event(run.session, "detach", {})
    await eventually(() => eventLog().includes("detach"), "the later event")
    await eventually(() => openBelow(directory.path).length === 0, "its file to be closed")
    expect(faults).toEqual([])
  },
)
