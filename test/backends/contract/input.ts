// Contract: input arrives whole and in order, waits without blocking the server, and has an end.

import { expect, test } from "bun:test"
import { createHash, randomFillSync } from "node:crypto"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { delay } from "../../../src/core/lib/wake.ts"
import type { Backend } from "../../../src/core/session/backend.ts"
import { scratch, start, timerShare } from "../../helpers.ts"

/** Makes a terminal raw, so that it neither collects lines nor acts on control characters. */
const raw = (backend: Backend) => (backend.tty ? "stty raw -echo;" : "")

export function input(backend: Backend): void {
  test("10 MB for a program that does not read at first", async () => {
    using folder = scratch()
    const gate = join(folder.path, "gate")
    const data = randomFillSync(new Uint8Array(10_000_000))
    const wait = `until [ -e ${gate} ]; do sleep 0.02; done`
    await using run = start(
      backend,
      `${raw(backend)} echo ready; ${wait}; head -c ${data.length} | sha256sum`,
    )
    await run.until("ready")
    run.session.write(data)
    const waiting = delay(500).then(() => {
      expect(run.process.pending()).toBeGreaterThan(9_000_000)
      writeFileSync(gate, "")
      return run.until(/[0-9a-f]{64}/)
    })
    const share = await timerShare(waiting)
    expect(run.text).toContain(createHash("sha256").update(data).digest("hex"))
    expect(run.process.pending()).toBe(0)
    // a blocking write would have stopped the timer most of the time
    expect(share).toBeGreaterThan(0.5)
  })

  test("every byte value arrives unchanged, in many small pieces", async () => {
    await using run = start(backend, `${raw(backend)} echo ready; head -c 25600 | sha256sum`)
    await run.until("ready")
    const bytes = new Uint8Array(256).map((_, i) => i)
    const hash = createHash("sha256")
    for (let i = 0; i < 100; i++) {
      run.session.write(bytes)
      hash.update(bytes)
    }
    expect((await run.collect()).text).toContain(hash.digest("hex"))
  })

  test("the end of input comes after earlier input", async () => {
    await using run = start(backend, "wc -l", { echo: false })
    run.type("line\n".repeat(500))
    run.session.eof()
    expect((await run.collect()).text.trim()).toBe("500")
  })
}
