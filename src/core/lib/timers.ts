// Timers that belong to something and go with it.

/** The longest a timer can wait, in ms. */
export const LONGEST_MS = 2 ** 31 - 1

export class Timers<Owner> {
  #timers = new Map<Owner, Set<ReturnType<typeof setTimeout>>>()

  /** Runs `action` after `ms`, unless the owner's timers are cleared before. */
  after(owner: Owner, ms: number, action: () => void): void {
    const own = this.#timers.get(owner) ?? new Set()
    this.#timers.set(owner, own)
    const due = () => {
      own.delete(timer)
      action()
    }
    const timer = setTimeout(due, Math.min(ms, LONGEST_MS))
    own.add(timer)
  }

  clear(owner: Owner): void {
    for (const timer of this.#timers.get(owner) ?? []) clearTimeout(timer)
    this.#timers.delete(owner)
  }
}
