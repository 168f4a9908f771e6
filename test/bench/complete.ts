// Complete output of short programs: every byte and the exit code, by poll, SSE and WebSocket.

import { create, end } from "./lib/api.ts"
import type { Bench } from "./lib/figures.ts"
import { READERS, type Whole } from "./lib/readers.ts"
import { Server } from "./lib/server.ts"

const RUNS = 500
const AT_ONCE = 6

type Load = { name: string; command: string; fault(whole: Whole): string | null }

const LOADS: Load[] = [
  {
    name: "printf x; exit 7",
    command: "printf x; exit 7",
    fault: ({ output, code }) =>
      output.toString() === "x" && code === 7 ? null : `${output.length} bytes, code ${code}`,
  },
  {
    name: "1 MB of base64",
    command: "head -c 1000000 /dev/urandom | base64",
    fault({ output, code }) {
      const bytes = Buffer.from(output.toString(), "base64").length
      return bytes === 1_000_000 && code === 0 ? null : `${bytes} bytes decoded, code ${code}`
    },
  },
]

/** Reads one session in three ways at once. Returns what differs from the expected output. */
async function faultsOf(server: Server, { command, fault }: Load): Promise<string[]> {
  const session = await create(server, command)
  const faults: string[] = []
  const outputs: Buffer[] = []
  for (const [name, whole] of await readAll(server, session)) {
    const wrong = fault(whole)
    if (wrong) faults.push(`${name}: ${wrong}`)
    outputs.push(whole.output)
  }
  if (outputs.some(output => !output.equals(outputs[0]!))) faults.push("the three differ")
  await end(server, session)
  return faults
}

const readAll = (server: Server, session: { id: string; pid: number }) =>
  Promise.all(
    Object.entries(READERS).map(async ([name, read]) => [name, await read(server, session)] as const),
  )

/** Runs `work` `count` times with bounded concurrency. */
export async function repeat(
  count: number,
  atOnce: number,
  work: (i: number) => Promise<void>,
): Promise<void> {
  let next = 0
  const lane = async () => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
}

export const complete: Bench = {
  name: "complete",
  async run(report) {
    await using server = await Server.start()
    for (const load of LOADS) {
      const faults: string[] = []
      await repeat(RUNS, AT_ONCE, async () => {
        faults.push(...(await faultsOf(server, load)))
      })
      const name = `${RUNS} x ${load.name}: incomplete`
      const note = faults[0] ?? "poll, SSE and WebSocket"
      report({ name, measured: faults.length, unit: "runs", target: "0", met: faults.length === 0, note })
    }
  },
}
