// Contract: ending a session ends all of its processes, including those that left its tree.

import { expect, test } from "bun:test"
import { readdirSync, readFileSync } from "node:fs"
import type { Backend } from "../../../src/core/session/backend.ts"
import { eventually, start } from "../../helpers.ts"

/** Ways to leave the tree or to ignore a signal. Each leaves a `sleep` with its own number. */
const STRAYS = [
  "sleep 1000 &",
  "setsid sleep 1001 &",
  "(sleep 1002 &)",
  "(setsid sh -c 'sleep 1003 & exit' &)",
  "bash -c 'set -m; sleep 1004 & sleep 1005 & wait' &",
  "(trap '' HUP TERM INT; setsid sleep 1006 &)",
  "(nohup setsid sleep 1007 >/dev/null 2>&1 &)",
]

export function tree(backend: Backend): void {
  test("setsid, double forks, job control groups and ignored signals", async () => {
    await using run = start(backend, ["bash", "-c", `${STRAYS.join("\n")}\necho ready; wait; sleep 1008`])
    await run.until("ready")
    const sleeping = () => membersOf(run.session.id).filter(command => command.startsWith("sleep 100"))
    await eventually(() => sleeping().length === STRAYS.length + 1, "every stray to run")
    await run.session.end(200)
    expect(membersOf(run.session.id)).toEqual([])
    expect(run.session.life.state).toBe("finished")
  })

  test("a process that a program leaves running ends with the session", async () => {
    await using run = start(backend, [
      "sh",
      "-c",
      "trap '' HUP; (setsid sleep 1012 >/dev/null 2>&1 </dev/null &); echo bye",
    ])
    await run.collect()
    await eventually(() => membersOf(run.session.id).includes("sleep 1012"), "the daemon to run")
    await run.session.end(100)
    expect(membersOf(run.session.id)).toEqual([])
  })

  test("a program that ends in time is not killed", async () => {
    await using run = start(
      backend,
      "trap '' HUP; trap 'sleep 0.1; echo bye; exit 6' TERM; echo ready; while :; do sleep 0.02; done",
    )
    await run.until("ready")
    await run.session.end(5000)
    expect(run.text).toContain("bye")
    expect(run.session.life.exit?.code).toBe(6)
  })

  test("ending a session does not touch the processes of another one", async () => {
    await using kept = start(backend, "echo ready; exec sleep 1010")
    await using ended = start(backend, "echo ready; exec sleep 1011")
    await Promise.all([kept.until("ready"), ended.until("ready")])
    await ended.session.end(100)
    expect(kept.session.life.state).toBe("running")
    expect(membersOf(kept.session.id)).toEqual(["sleep 1010"])
  })
}

/** Returns the command lines of the living processes of a session. A zombie has none. */
function membersOf(id: string): string[] {
  const commands: string[] = []
  for (const pid of readdirSync("/proc").filter(name => /^\d+$/.test(name)))
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, "latin1").split("\0")
      if (!environment.includes(`PTYLINE_SESSION=${id}`)) continue
      const command = readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ").trim()
      if (command !== "") commands.push(command)
    } catch {
      // ended after the listing
    }
  return commands
}
