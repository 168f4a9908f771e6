// Lets others have the event loop during long work.

/** Longest time in one go, in ms, over all who work with this. */
const SLICE_MS = 2

let turned = performance.now()

/**
 * `if (turnDue()) await turn()`, often: asking costs a clock reading. That a file was waited for does not count: the
 * event loop hands over bytes that are there without going on to its other work.
 */
export function turnDue(): boolean {
  return performance.now() - turned >= SLICE_MS
}

/** One whole turn of the event loop. */
export async function turn(): Promise<void> {
  await new Promise(resolve => setImmediate(resolve))
  turned = performance.now()
}
