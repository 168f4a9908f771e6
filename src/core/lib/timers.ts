// Timers grouped by owner, so that they can be cleared together.

/** The longest delay of a timer, in ms. */
export const LONGEST_MS = 2 ** 31 - 1

export class Timers<Owner> {
  #timers = new Map<Owner, Set<ReturnType<typeof setTimeout>>>()

  /** Runs `action` after `ms`, unless `clear` is called first. */
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
