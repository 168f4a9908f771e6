// Time from the start of the process to its first response.

import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Bench, median } from "./lib/figures.ts"
import { program } from "./lib/server.ts"

const ROUNDS = 9
const TARGET_MS = 300
const DENO_DIR = join(import.meta.dir, "../../.cache/deno/cache")

function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } })
  const { port } = listener
  listener.stop(true)
  return port
}

async function answered(port: number): Promise<void> {
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => null)
    if (response?.ok) return
    await Bun.sleep(1)
  }
}

/** Time to the first answer, in ms. */
export async function startTime(words: string[]): Promise<number> {
  const home = mkdtempSync(join(tmpdir(), "ptyline-start-"))
  const port = freePort()
  const begun = performance.now()
  const child = Bun.spawn([...words, "serve", "--no-auth", "--port", String(port)], {
    cwd: home,
    env: { PATH: process.env.PATH ?? "", HOME: home, PTYLINE_STATE_DIR: join(home, "state"), DENO_DIR },
    stdout: "ignore",
    stderr: "ignore",
  })
  await answered(port)
  const ms = performance.now() - begun
  child.kill("SIGTERM")
  await child.exited
  rmSync(home, { recursive: true })
  return ms
}

/** An idle Bun: the lower bound. */
async function emptyTime(): Promise<number> {
  const begun = performance.now()
  await Bun.spawn([process.execPath, "-e", "0"], { env: {} }).exited
  return performance.now() - begun
}

export const startup: Bench = {
  name: "startup",
  async run(report) {
    const [ours, empty]: [number[], number[]] = [[], []]
    for (let round = 0; round < ROUNDS; round++) {
      empty.push(await emptyTime())
      ours.push(await startTime(program()))
    }
    const [measured, baseline] = [median(ours), median(empty)]
    const compiled = process.env.PTYLINE_TEST_BINARY !== undefined
    const name = `start to first answer, ${compiled ? "compiled" : "from source"}`
    const target = compiled ? `<= ${TARGET_MS}` : "information"
    report({ name, measured, unit: "ms", baseline, target, met: compiled ? measured <= TARGET_MS : null })
  },
}
