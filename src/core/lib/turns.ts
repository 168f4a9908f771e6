// Cooperative yielding: long work gives up the event loop every few milliseconds.

/** How long work may hold the event loop, in ms, over all work of this process. */
const TURN_MS = 2

let begun = performance.now()

/** Whether the turn is over; then await `nextTurn`. Costs one clock reading, so call it often. */
export const turnOver = (): boolean => performance.now() - begun >= TURN_MS

/**
 * Lets timers and sockets run. An immediate takes 3 us, a timer 1.1 ms. A due timer runs within a few turns
 * with either, as the test shows. Waiting for a file is no turn: Bun hands over available bytes without
 * running its other work.
 */
export async function nextTurn(): Promise<void> {
  await new Promise(resolve => setImmediate(resolve))
  begun = performance.now()
}
