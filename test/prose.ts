// Reads the prose of a file (comments, strings, Markdown text) and finds odd words and overlong comment lines.

/** Idioms that the style guide replaces, each with the plain word. */
const IDIOMS: [pattern: RegExp, instead: string][] = [
  [/\bbehind\b/i, "after, or past"],
  [/\bbut for\b/i, "except"],
  [/\banew\b/i, "again"],
  [/\bto be had\b/i, "available"],
  [/\b(nobody|no-one)\b/i, "no client, no viewer, unknown"],
  [/\b(some|every|any)body\b/i, "a client, a person, all clients"],
  [/\bwho(so)?ever\b/i, "the client that, the caller"],
  [/\blately\b/i, "recently"],
  [/\bin so many words\b/i, "explicitly"],
  [/\bmanieth\b/i, "the nth"],
  [/\bis refused to\b/i, "is rejected"],
  [/\bis at home\b/i, "is running"],
  [/\ba word on\b/i, "a message about"],
  [/\bof (its|their) own accord\b/i, "by itself"],
  [/\banswers with\b/i, "returns"],
]

export const MAX_COLUMNS = 110

export type Finding = { line: number; text: string }

/** Strings, comments and regular expressions of TypeScript, in that order of capture. */
const TOKENS =
  /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|(\/\/.*|\/\*[\s\S]*?\*\/)|(?<=[(,=:[!&|?{};\n]\s*)(\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])*\/[a-z]*)/g

const blank = (text: string) => text.replace(/[^\n]/g, " ")

/** The source with everything blanked out except comments and strings that contain a space. Line numbers stay. */
export function proseOf(path: string, source: string): string {
  if (/\.(md|txt)$/.test(path)) return source
  if (/\.(html|css|svg)$/.test(path)) return source
  let prose = ""
  let at = 0
  for (const match of source.matchAll(TOKENS)) {
    const [token, string, comment] = match
    prose += blank(source.slice(at, match.index))
    const kept = comment !== undefined || (string !== undefined && /\S \S/.test(string))
    prose += kept ? token : blank(token)
    at = match.index + token.length
  }
  return prose + blank(source.slice(at))
}

/** Every idiom in a file's prose, with its line and the word to use instead. */
export function idiomsIn(path: string, source: string): Finding[] {
  return proseOf(path, source)
    .split("\n")
    .flatMap((text, i) =>
      IDIOMS.flatMap(([pattern, instead]) => {
        const found = pattern.exec(text)
        return found ? [{ line: i + 1, text: `"${found[0]}": write ${instead}` }] : []
      }),
    )
}

/** Comment lines that are too long to read. */
export function longComments(source: string): Finding[] {
  return source.split("\n").flatMap((text, i) => {
    const comment = /^\s*(\/\/|\/?\*)/.test(text)
    return comment && text.length > MAX_COLUMNS ? [{ line: i + 1, text: `${text.length} columns` }] : []
  })
}
