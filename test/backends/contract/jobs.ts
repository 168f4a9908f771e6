// Contract of a backend with a terminal: job control of an interactive shell.

import { expect, test } from "bun:test"
import { foregroundGroup } from "../../../src/backends/process/tree.ts"
import type { Backend } from "../../../src/core/session/backend.ts"
import { eventually, type Run, start } from "../../helpers.ts"

const PROMPT = "READY> "
/** Prints `started` in the foreground: an earlier Ctrl-Z would go to the shell. */
const JOB = "sh -c 'echo started; exec sleep 1000'"

export function jobs(backend: Backend): void {
  test("Ctrl-Z, bg, fg and Ctrl-C in bash", async () => {
    await using run = await shell(backend)
    let at = await typeCommand(run, JOB)
    at = await run.until("started\r\n", at)
    run.type("\x1a")
    at = await run.until(/Stopped.*\r\n[\s\S]*READY> $/, at)
    at = await typeCommand(run, "bg")
    at = await run.until(/sleep 1000. &/, at)
    at = await typeCommand(run, "jobs")
    at = await run.until(/Running/, at)
    at = await typeCommand(run, "fg")
    at = await run.until(`${JOB}\r\n`, at)
    // bash prints the job before it gives it the terminal; a Ctrl-C in between goes to bash
    await eventually(
      () => foregroundGroup(run.process.pid) !== run.process.pid,
      "the job to get the terminal",
    )
    run.type("\x03")
    at = await run.until(PROMPT, at)
    at = await typeCommand(run, "echo code=$?")
    await run.until("code=130", at)
    run.type("exit 3\n")
    expect((await run.collect()).exit.exit.code).toBe(3)
  })

  test("a keyboard signal reaches the foreground job and not the shell", async () => {
    await using run = await shell(backend)
    let at = await typeCommand(run, JOB)
    at = await run.until("started\r\n", at)
    run.session.signal("INT")
    at = await run.until(PROMPT, at)
    await typeCommand(run, "echo alive")
    await run.until("alive\r\n", at)
    expect(run.session.life.state).toBe("running")
  })
}

async function shell(backend: Backend): Promise<Run> {
  const run = start(backend, ["bash", "--noprofile", "--norc", "-i"], { env: { PS1: PROMPT, HISTFILE: "" } })
  await run.until(PROMPT)
  return run
}

/** Types a command. Resolves with the position after its echo. */
async function typeCommand(run: Run, command: string): Promise<number> {
  const from = run.text.length
  run.type(`${command}\n`)
  return run.until(`${command}\r\n`, from)
}
