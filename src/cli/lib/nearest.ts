// Suggestions for a mistyped name: the known names that are most similar.

import { distance } from "fastest-levenshtein"

/** Most names to suggest. */
const MOST = 5

/**
 * Returns the names that begin with `word` or are similar to it, nearest first. A name is similar if at most
 * a third of its letters differ, and always if at most two differ.
 */
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
