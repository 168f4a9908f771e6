// Contract: the exit status, and that the program's end and the output's end are separate.

import { expect, test } from "bun:test"
import { constants } from "node:os"
import { SIGNALS } from "../../../src/core/lib/units.ts"
import type { Backend } from "../../../src/core/session/backend.ts"
import { start } from "../../helpers.ts"
import type { Limits } from "../contract.ts"

export function exits(backend: Backend, limits: Limits): void {
  const killed = (signal: keyof typeof constants.signals) => {
    if (limits.signalAsShellCode) return { code: 128 + constants.signals[signal], signal: null }
    return limits.signalAsCode ? { code: 1, signal: null } : { code: null, signal }
  }

  test.each([0, 1, 7, 126, 137, 255])("exit code %d", async code => {
    await using run = start(backend, `exit ${code}`)
    expect((await run.collect()).exit.exit).toMatchObject({ code, signal: null })
  })

  test.each(["KILL", "TERM", "SEGV"])("ended by SIG%s", async name => {
    await using run = start(backend, `kill -${name} $$; sleep 10`)
    expect((await run.collect()).exit.exit).toMatchObject(killed(`SIG${name}` as "SIGKILL"))
  })

  test.each(SIGNALS.filter(name => name !== "KILL"))("signal %s reaches the program", async name => {
    const trap = `trap 'echo got ${name}; exit 5' ${name}; echo ready; while :; do sleep 0.05; done`
    await using run = start(backend, trap)
    await run.until("ready")
    run.session.signal(name)
    const { text, exit } = await run.collect()
    expect(text).toContain(`got ${name}`)
    expect(exit.exit.code).toBe(5)
  })

  // HUP is ignored: a terminal sends it to the foreground group when the session leader ends
  const lingering = "trap '' HUP; (sleep 0.6; echo late; sleep 0.2) & echo hi; exit 4"

  test("a descendant that keeps the output open does not delay the exit", async () => {
    await using run = start(backend, lingering)
    const { text, exit } = await run.collect()
    expect(text.trim()).toBe("hi")
    expect(exit.exit).toMatchObject({ code: 4, signal: null })
    expect(exit.tailOpen).toBe(!limits.tailLost)
  })

  test(`output of a descendant after the exit is ${limits.tailLost ? "lost" : "kept"}`, async () => {
    await using run = start(backend, lingering)
    await run.untilTrue(() => run.session.life.state === "finished", "the output's end")
    expect(run.text.includes("late")).toBe(!limits.tailLost)
    expect(run.session.life.tailOpen).toBe(false)
  })
}
