// Signals to us are signals to the program: it decides what they mean, and we end when it does.

import type { Signal } from "../../core/session/backend.ts"

/** What is passed on. A stop of the whole job (TSTP) is left to the system: the program goes on, as under nohup. */
const FORWARDED = ["INT", "TERM", "HUP", "QUIT", "USR1", "USR2"] as const
/** After these the program is to end; INT and the others may mean anything to it. */
const ENDING: readonly Signal[] = ["TERM", "HUP"]

export type Forwarding = Disposable & {
  /** The program is there: signals that came before are passed on now. */
  ready(): void
}

/**
 * Passes signals on until disposed. `end` is called `graceMs` after a signal that asks for the end, and with the second such
 * signal at once.
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
