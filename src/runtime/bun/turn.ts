// The next turn of the event loop, in Bun.

import type { NextTurn } from "../types.ts"

/** Takes 3 us; a timer would take 1.1 ms. Waiting for a file is no turn: its bytes come before other work. */
export const nextTurn: NextTurn = () => new Promise(resolve => setImmediate(resolve))
