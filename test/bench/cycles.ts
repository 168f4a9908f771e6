// A thousand sessions created and ended, with children that leave their process group: nothing may remain.

import { repeat } from "./complete.ts"
import { create, end } from "./lib/api.ts"
import type { Bench } from "./lib/figures.ts"
import { processCount, Server } from "./lib/server.ts"

const CYCLES = 1000
const WARM_UP = 200
const AT_ONCE = 4
const COMMANDS = [
  "exec sleep 1000",
  "setsid sleep 1000 & wait",
  "(setsid sh -c 'sleep 1000 & sleep 1000' &) ; exec sleep 1000",
  "trap '' HUP TERM; sleep 1000 & wait",
]

async function cycle(server: Server, i: number): Promise<void> {
  const session = await create(server, COMMANDS[i % COMMANDS.length]!)
  await end(server, session, 20)
}

const stateOf = (server: Server) => ({
  descriptors: server.descriptors,
  memory: server.rss / (1 << 20),
  processes: processCount(),
})

export const cycles: Bench = {
  name: "cycles",
  async run(report) {
    await using server = await Server.start()
    await repeat(WARM_UP, AT_ONCE, i => cycle(server, i))
    await Bun.sleep(500)
    const before = stateOf(server)
    const begun = performance.now()
    await repeat(CYCLES, AT_ONCE, i => cycle(server, i))
    const each = (performance.now() - begun) / CYCLES
    await Bun.sleep(1000)
    const after = stateOf(server)
    const slack = { descriptors: 2, memory: 24, processes: 2 }
    for (const name of ["descriptors", "memory", "processes"] as const) {
      const grown = after[name] - before[name]
      const unit = name === "memory" ? "MiB" : ""
      const target = `<= ${slack[name]}`
      const note =
        name === "descriptors" ? `${each.toFixed(1)} ms per cycle` : `${before[name].toFixed(0)} before`
      const met = grown <= slack[name]
      report({ name: `${CYCLES} cycles: more ${name}`, measured: grown, unit, target, met, note })
    }
  },
}
