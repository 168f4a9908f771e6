// Records: small facts that surfaces store about a session or the server, and find again after a restart.

/** A JSON value. */
export type Fact = string | number | boolean | null | Fact[] | { [name: string]: Fact }
export type RecordEntry = { space: string; key: string; value: Fact }

/** By namespace, such as "mop.keys", and key. For some hundred small values. A session's end with it. */
export class Records {
  #spaces = new Map<string, Map<string, Fact>>()
  /** Called after every change with its namespace. The store sets it, and writes the facts then. */
  changed: (space: string) => void = () => {}

  constructor(entries: RecordEntry[] = []) {
    for (const { space, key, value } of entries) this.#set(space, key, value)
  }

  get(space: string, key: string): Fact | undefined {
    return this.#spaces.get(space)?.get(key)
  }

  /** Returns the keys and values of a namespace, oldest first. */
  list(space: string): [key: string, value: Fact][] {
    return [...(this.#spaces.get(space) ?? [])]
  }

  put(space: string, key: string, value: Fact): void {
    this.#set(space, key, value)
    this.changed(space)
  }

  /** Returns false for a missing key. */
  remove(space: string, key: string): boolean {
    const known = this.#spaces.get(space)?.delete(key) ?? false
    if (known) this.changed(space)
    return known
  }

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
