// Splits a command line into words as a POSIX shell does, without running one.

import { UsageError } from "./flags.ts"

/** Honours quotes and backslashes; expands nothing. Throws `UsageError` for an unclosed quote. */
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
  throw new UsageError(`unclosed quote in ${JSON.stringify(line)}`)
}

/** Inside double quotes a backslash escapes only $ ` " \ and newline. */
const unquote = (text: string, quote: string): string =>
  quote === "'" ? text : text.replace(/\\([$`"\\\n])/g, "$1")
