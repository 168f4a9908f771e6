// Runs a command line: finds the command, prints its help or runs it, and reports failures.

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
    return verb ? await runVerb(verb, args, verbs) : await explain(name, args, verbs)
  } catch (error) {
    return report(name ?? "", error)
  }
}

/** Returns all commands in the order of help. A handwritten command replaces an operation's. */
function allVerbs(): Verb[] {
  const own = new Set(VERBS.map(verb => verb.name))
  return [...VERBS, ...operationVerbs().filter(verb => !own.has(verb.name))]
}

async function runVerb(verb: Verb, args: string[], verbs: Verb[]): Promise<number> {
  if (!asksHelp(args)) return verb.run(args, verbs)
  const { manual } = await import("./lib/help.ts")
  await put(1, await manual(verb))
  return 0
}

/** Reports whether an argument before `--` asks for help. */
const asksHelp = (args: string[]): boolean => {
  const end = args.indexOf("--")
  return (end < 0 ? args : args.slice(0, end)).some(arg => arg === "--help" || arg === "-h")
}

/** Handles `ptyline`, `ptyline help`, `ptyline help attach`, and unknown commands. */
async function explain(name: string | undefined, args: string[], verbs: Verb[]): Promise<number> {
  const about = name === "help" ? verbs.find(verb => verb.name === args[0]) : undefined
  if (about) return runVerb(about, ["--help"], verbs)
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
  const hint = close ? `; did you mean ${close}?` : `\n\n${plain(text, 2).trimEnd()}`
  say(`ptyline: unknown command ${JSON.stringify(name)}${hint}`)
  return 2
}
