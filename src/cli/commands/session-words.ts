// The plain words of a command: the one session it is about, and nothing that was not meant.

import { type Parsed, UsageError } from "../lib/flags.ts"

/** The only word. Throws `UsageError` without one, or with more. */
export function oneId(command: string, { words }: Parsed, name = "ID"): string {
  const [id, surplus] = words
  if (id === undefined) throw new UsageError(`${command} needs ${name}`)
  noMore(surplus)
  return id
}

export function noMore(surplus: string | undefined): void {
  if (surplus !== undefined) throw new UsageError(`unexpected word ${JSON.stringify(surplus)}`)
}
