// Echo of a key over a WebSocket, against a terminal in the same process; alone and beside a flood.

import { create, end, helper } from "./lib/api.ts"
import { type Bench, median, percentile, type Row } from "./lib/figures.ts"
import { Server } from "./lib/server.ts"

const ROUNDS = 5
const KEYS = 400

/** Source of the echo: the terminal, or a program. */
const ECHOES = {
  "the terminal": "stty -icanon; printf ready; exec cat >/dev/null",
  "a program": "stty raw -echo; printf ready; exec cat",
}

async function times(server: Server, command: string): Promise<number[]> {
  const session = await create(server, command)
  const times = await helper<number[]>("echoer.ts", KEYS, server.port, session.id)
  await end(server, session)
  return times
}

async function alone(server: Server, who: string, command: string, report: (row: Row) => void) {
  const [ours, bare]: [number[], number[]] = [[], []]
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(median(await helper<number[]>("echoer.ts", KEYS, "bare", command)))
    ours.push(median(await times(server, command)))
  }
  const [measured, baseline] = [median(ours), median(bare)]
  const limit = 1.5 * baseline + 0.1
  const target = `<= 1.5 x + 0.1 = ${limit.toFixed(3)}`
  report({ name: `echo by ${who}, p50`, measured, unit: "ms", baseline, target, met: measured <= limit })
}

async function flooded(server: Server, report: (row: Row) => void): Promise<void> {
  for (const program of ["yes", "tr '\\0' x </dev/zero"]) {
    const flood = await create(server, program)
    const all = await times(server, ECHOES["the terminal"])
    await end(server, flood)
    const measured = percentile(all, 99)
    const note = `p50 ${median(all).toFixed(2)}`
    const name = `echo beside ${program.split(" ")[0]}, p99`
    report({ name, measured, unit: "ms", target: "<= 20", met: measured <= 20, note })
  }
}

export const echo: Bench = {
  name: "echo",
  async run(report) {
    await using server = await Server.start()
    for (const [who, command] of Object.entries(ECHOES)) await alone(server, who, command, report)
    await flooded(server, report)
  },
}
