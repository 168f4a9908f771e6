// A 10 ms timer in an idle process: the ticks this machine allows. Argument: duration in ms.

import type { Ticks } from "./ticker.ts"

const begun = performance.now()
let ticks = 0
setInterval(() => ticks++, 10)
await Bun.sleep(Number(process.argv[2]))
console.log(JSON.stringify({ ticks, ms: performance.now() - begun } satisfies Ticks))
process.exit(0)
