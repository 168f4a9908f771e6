// Small facts that a surface keeps about a session, or about the server as a whole, and finds again after a restart.

/** What JSON can say. */
export type Fact = string | number | boolean | null | Fact[] | { [name: string]: Fact }
export type RecordEntry = { space: string; key: string; value: Fact }

/**
 * Facts by namespace and key; reads come from memory. `space` names who keeps them ("mop.keys"), so that surfaces do not
 * meet. A session's go with the session; the server's stay until they are removed. Meant for some hundred small values.
 */
export class Records {
  #spaces = new Map<string, Map<string, Fact>>()
  /** Called behind every change with the namespace it was in: whoever keeps the facts writes them down then. */
  changed: (space: string) => void = () => {}

  constructor(entries: RecordEntry[] = []) {
    for (const { space, key, value } of entries) this.#set(space, key, value)
  }

  /** Undefined when there is none. */
  get(space: string, key: string): Fact | undefined {
    return this.#spaces.get(space)?.get(key)
  }

  /** Every key of a namespace with its value, oldest first. */
  list(space: string): [key: string, value: Fact][] {
    return [...(this.#spaces.get(space) ?? [])]
  }

  put(space: string, key: string, value: Fact): void {
    this.#set(space, key, value)
    this.changed(space)
  }

  /** False when there was none. */
  remove(space: string, key: string): boolean {
    const known = this.#spaces.get(space)?.delete(key) ?? false
    if (known) this.changed(space)
    return known
  }

  /** Everything, for whoever writes it down. */
  entries(): RecordEntry[] {
    return [...this.#spaces].flatMap(([space, facts]) =>
      [...facts].map(([key, value]) => ({ space, key, value })),
    )
  }

  #set(space: string, key: string, value: Fact): void {
    const facts = this.#spaces.get(space) ?? new Map<string, Fact>()
    this.#spaces.set(space, facts)
    facts.set(key, value)
  }
}
