// What somebody probably meant: the known names that are a typing error or two away.

import { distance } from "fastest-levenshtein"

/** At most this many names are offered. */
const MOST = 5

/** Names at most a third of their letters (and at least two) away from `word`, or that begin with it; the nearest first. */
export function nearest(word: string, names: string[]): string[] {
  const lower = word.toLowerCase()
  const near = names.flatMap(name => {
    const far = distance(lower, name.toLowerCase())
    const begins = lower.length > 1 && name.toLowerCase().startsWith(lower)
    return begins || far <= Math.max(2, Math.floor(name.length / 3)) ? [{ name, far: begins ? 0 : far }] : []
  })
  return near
    .filter(({ name, far }) => far < Math.max(name.length, word.length))
    .sort((a, b) => a.far - b.far)
    .slice(0, MOST)
    .map(({ name }) => name)
}
