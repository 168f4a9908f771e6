// Contract of a backend with a terminal: common interactive programs.

import { expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { delay } from "../../../src/core/lib/wake.ts"
import type { Backend } from "../../../src/core/session/backend.ts"
import { installed, scratch, start } from "../../helpers.ts"

export function programs(backend: Backend): void {
  test.skipIf(!installed("vim"))("vim edits a file", async () => {
    using folder = scratch()
    const file = join(folder.path, "note.txt")
    await using run = start(backend, ["vim", "-u", "NONE", "-N", "-n", file])
    await run.until("note.txt")
    run.type("ihello from vim\x1b")
    await run.until("hello from vim")
    run.type(":wq\r")
    const { exit } = await run.collect()
    expect(exit.exit.code).toBe(0)
    expect(readFileSync(file, "utf8")).toBe("hello from vim\n")
  })

  test.skipIf(!installed("python3"))("python evaluates a line, is interrupted and continues", async () => {
    await using run = start(backend, ["python3", "-q"], { env: { PYTHON_BASIC_REPL: "1" } })
    let at = await run.until(">>> ")
    run.type("6*7\n")
    at = await run.until(/\r\n42\r\n>>> /, at)
    run.type("while True: pass\n\n")
    at = await run.until("... ", at)
    await delay(50)
    run.type("\x03")
    at = await run.until(/KeyboardInterrupt[\s\S]*>>> /, at)
    run.type("exit(5)\n")
    expect((await run.collect()).exit.exit.code).toBe(5)
  })
}
