// Cooperative yielding: long work gives up the event loop every few milliseconds.

import { nextTurn as yieldThread } from "#runtime/turn.ts"

/** How long work may hold the event loop, in ms, over all work of this process. */
const TURN_MS = 2

let begun = performance.now()

/** Whether the turn is over; then await `nextTurn`. Costs one clock reading, so call it often. */
export const turnOver = (): boolean => performance.now() - begun >= TURN_MS

/** Lets timers and sockets run. A due timer runs within a few turns, as the test shows. */
export async function nextTurn(): Promise<void> {
  await yieldThread()
  begun = performance.now()
}
