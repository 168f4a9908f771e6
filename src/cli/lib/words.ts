// A command line split into words as a POSIX shell would, without running one.

import { UsageError } from "./flags.ts"

/** Quotes and backslashes count, nothing is expanded. Throws `UsageError` for an open quote. */
export function splitWords(line: string): string[] {
  const words: string[] = []
  let word: string | null = null
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!
    if (char === "'" || char === '"') {
      const end = closingQuote(line, i)
      word = (word ?? "") + unquote(line.slice(i + 1, end), char)
      i = end
    } else if (char === "\\" && i + 1 < line.length) word = (word ?? "") + line[++i]
    else if (!/\s/.test(char)) word = (word ?? "") + char
    else if (word !== null) {
      words.push(word)
      word = null
    }
  }
  return word === null ? words : [...words, word]
}

function closingQuote(line: string, start: number): number {
  const quote = line[start]!
  for (let i = start + 1; i < line.length; i++) {
    if (quote === '"' && line[i] === "\\") i++
    else if (line[i] === quote) return i
  }
  throw new UsageError(`a quote is not closed in ${JSON.stringify(line)}`)
}

/** Inside double quotes a backslash is special before $ ` " \ and newline only. */
const unquote = (text: string, quote: string): string =>
  quote === "'" ? text : text.replace(/\\([$`"\\\n])/g, "$1")
