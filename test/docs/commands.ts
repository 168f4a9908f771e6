// Commands and flags that pages mention, compared with the program's own help.

import { program } from "../program.ts"
import { blocks, type Page, spans } from "./markdown.ts"

/** A mention of a command with its flags, or of flags alone. */
export type Mention = { line: number; verb: string | null; flags: string[] }

/** Flags of other programs, and whose they are. */
const OTHERS: Record<string, string> = {
  "--ssl-certfile": "plugins",
  "--ssl-keyfile": "plugins",
  "--asset": "bun build",
  "--token": "no command, which the changelog says",
}

/** The program's help: the text of each command's manual, by its name. */
export type Help = Map<string, string>

/** Asks the program for its list of commands and for the manual of each. */
export async function readHelp(): Promise<Help> {
  const overview = await ask("help")
  const names = overview.match(/^ +[a-z][a-z-]*(?= {2,})/gm)?.map(name => name.trim()) ?? []
  const help: Help = new Map([["help", overview]])
  for (const name of names) help.set(name, await ask(name, "--help"))
  return help
}

async function ask(...words: string[]): Promise<string> {
  const child = Bun.spawn([...program(), ...words], { stdout: "pipe", stderr: "ignore" })
  return new Response(child.stdout).text()
}

/** Returns one line per command or flag of a page that the program does not have. */
export const commandProblems = (page: Page, help: Help): string[] =>
  mentions(page).flatMap(mention =>
    problemsOf(mention, help).map(what => `${page.path}:${mention.line}: ${what}`),
  )

function problemsOf({ verb, flags }: Mention, help: Help): string[] {
  if (verb !== null && !help.has(verb)) return [`no command ptyline ${verb}`]
  const text = verb === null ? [...help.values()].join("\n") : help.get(verb)!
  return flags
    .filter(flag => !(flag in OTHERS) && flag !== "--help" && !has(text, flag))
    .map(flag => `no flag ${flag}${verb ? ` of ptyline ${verb}` : ""}`)
}

/** A switch that is on by default may be turned off: `--no-x` exists where `--x` does. */
const has = (text: string, flag: string): boolean =>
  [flag, flag.replace(/^--no-/, "--")].some(form => new RegExp(`(?<![\\w-])${form}(?![\\w-])`).test(text))

/** Returns what a page's blocks and code spans mention. */
function mentions(page: Page): Mention[] {
  const inBlocks = blocks(page).flatMap(({ line, text }) =>
    text.split("\n").flatMap((row, at) => invocations(row).map(found => ({ line: line + 1 + at, ...found }))),
  )
  const inSpans = spans(page).flatMap(({ line, code }) => inSpan(code).map(found => ({ line, ...found })))
  return [...inBlocks, ...inSpans]
}

const inSpan = (code: string): Omit<Mention, "line">[] =>
  /^--?[a-z]/.test(code) ? [{ verb: null, flags: flagsIn(code.split(/[\s=,]+/)) }] : invocations(code)

/** Returns the invocations of ptyline in a line: the command, and its flags before `--`. */
function invocations(line: string): Omit<Mention, "line">[] {
  const simple = line
    .replace(/\s# .*$/, "")
    .split(/[|;&()`]/)
    .map(part => part.trim().split(/\s+/))
  return simple.flatMap(words =>
    words.flatMap((word, at) => {
      const verb = words[at + 1] ?? ""
      if (!/(^|\/)ptyline$/.test(word) || !/^[a-z][a-z-]*$/.test(verb)) return []
      const rest = words.slice(at + 2)
      return [{ verb, flags: flagsIn(rest.includes("--") ? rest.slice(0, rest.indexOf("--")) : rest) }]
    }),
  )
}

const flagsIn = (words: string[]): string[] =>
  words
    .filter(word => !word.startsWith("--ptyline-"))
    .flatMap(word => /^(?:--[a-z][a-z-]*|-[a-z])(?=$|=)/.exec(word.replace(/[,.]$/, ""))?.[0] ?? [])
