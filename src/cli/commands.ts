// The command line: which command is meant, its help, and what happens when there is none of that name.

import { operationVerbs } from "./commands/operations.ts"
import { report } from "./lib/failure.ts"
import { plain, put, say } from "./lib/print.ts"
import type { Verb } from "./lib/verb.ts"
import { VERBS } from "./verbs.ts"

/** Runs one command line and resolves with the exit code. */
export async function runCommandLine(argv: string[]): Promise<number> {
  const [name, ...args] = argv
  const verbs = allVerbs()
  if (name === "--version" || name === "-v") return runCommandLine(["version"])
  const verb = verbs.find(known => known.name === name)
  try {
    return verb ? await obey(verb, args) : await explain(name, args, verbs)
  } catch (error) {
    return report(name ?? "", error)
  }
}

/** Every command, in the order of help: an operation may have a command made for it by hand. */
export function allVerbs(): Verb[] {
  const own = new Set(VERBS.map(verb => verb.name))
  return [...VERBS, ...operationVerbs().filter(verb => !own.has(verb.name))]
}

async function obey(verb: Verb, args: string[]): Promise<number> {
  if (!asksHelp(args)) return verb.run(args)
  const { manual } = await import("./lib/help.ts")
  await put(1, await manual(verb))
  return 0
}

/** Does one of the words before `--` ask for help? */
const asksHelp = (args: string[]): boolean => {
  const end = args.indexOf("--")
  return (end < 0 ? args : args.slice(0, end)).some(arg => arg === "--help" || arg === "-h")
}

/** `ptyline`, `ptyline help`, `ptyline help attach`, and what is no command. */
async function explain(name: string | undefined, args: string[], verbs: Verb[]): Promise<number> {
  const about = name === "help" ? verbs.find(verb => verb.name === args[0]) : undefined
  if (about) return obey(about, ["--help"])
  const { overview } = await import("./lib/help.ts")
  const text = await overview(verbs)
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    await put(1, text)
    return 0
  }
  const { nearest } = await import("./lib/nearest.ts")
  const [close] = nearest(
    name,
    verbs.map(verb => verb.name),
  )
  const meant = close ? `; did you mean ${close}?` : `\n\n${plain(text, 2).trimEnd()}`
  say(`ptyline: unknown command ${JSON.stringify(name)}${meant}`)
  return 2
}
