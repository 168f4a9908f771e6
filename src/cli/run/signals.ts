// Signal forwarding: the program gets the signals of this process and decides what they mean.

import type { Signal } from "../../core/lib/units.ts"

/** Signals to pass on. TSTP is not: it stops this process only and the program keeps running. */
const FORWARDED = ["INT", "TERM", "HUP", "QUIT", "USR1", "USR2"] as const
/** Signals that ask the program to end. INT and the others may mean anything to it. */
const ENDING: readonly Signal[] = ["TERM", "HUP"]

type Forwarding = Disposable & {
  /** Call once the program runs: passes on the signals that arrived before. */
  ready(): void
}

/**
 * Passes signals on until disposed. Calls `end` when `graceMs` have passed since a signal that asks the
 * program to end, or at once on the second such signal.
 */
export function forwardSignals(
  graceMs: number,
  { pass, end }: { pass(name: Signal): void; end(): void },
): Forwarding {
  let timer: ReturnType<typeof setTimeout> | undefined
  let early: Signal[] | null = []
  const forward = (name: Signal) => {
    pass(name)
    if (!ENDING.includes(name)) return
    if (timer) end()
    timer ??= setTimeout(end, graceMs)
  }
  const offs = FORWARDED.map(name => {
    const listener = () => (early ? void early.push(name) : forward(name))
    process.on(`SIG${name}`, listener)
    return () => process.off(`SIG${name}`, listener)
  })
  return {
    ready: () => {
      for (const name of early ?? []) forward(name)
      early = null
    },
    [Symbol.dispose]: () => {
      clearTimeout(timer)
      for (const off of offs) off()
    },
  }
}
