// Help texts: citty renders usage and flags; description, examples and exit codes follow.

import { type ArgDef, type ArgsDef, type CommandDef, defineCommand, renderUsage } from "citty"
import { VERSION } from "../../version.ts"
import { isSetting, variableOf } from "./flags.ts"
import { plain } from "./print.ts"
import { CODES, type Verb } from "./verb.ts"

/** A line of a paragraph: words of at most 100 columns together, and the space after them. */
const LINE = /(.{1,100})(?: |$)/g

const ROOT: CommandDef = defineCommand({
  meta: {
    name: "ptyline",
    version: VERSION,
    description: "Terminal sessions shared by browsers, agents, scripts and shells",
  },
})

export async function overview(verbs: Verb[]): Promise<string> {
  const subCommands = Object.fromEntries(verbs.map(verb => [verb.name, definitionOf(verb)]))
  return plain(`${await renderUsage({ ...ROOT, subCommands })}\n`)
}

export async function manual(verb: Verb): Promise<string> {
  const { about = [], examples = [], codes } = verb
  const sections = [
    await renderUsage(definitionOf(verb), ROOT),
    ...about.map(text => text.replace(LINE, "$1\n")),
    ...(examples.length > 0 ? [`EXAMPLES\n\n${examples.map(shown).join("\n")}`] : []),
    ...(codes ? [`EXIT CODES\n\n${codeTable(codes)}`] : []),
  ]
  return plain(`${sections.map(section => section.trimEnd()).join("\n\n")}\n`)
}

const shown = ([line, what]: [string, string]): string => `  ${line}\n      ${what}`

/** The command's own exit codes, then the shared ones; each code once. */
function codeTable(codes: [string, string][]): string {
  const own = new Set(codes.map(([code]) => code))
  const all = [...codes, ...CODES.filter(([code]) => !own.has(code))]
  return all.map(([code, meaning]) => `  ${code.padEnd(7)} ${meaning}`).join("\n")
}

/** Translates a command's flags for citty. */
function definitionOf({ name, summary, flags, words = [], rest, environment }: Verb): CommandDef {
  const args: ArgsDef = {}
  for (const word of [...words, ...(rest ? [`-- ${rest}`] : [])])
    args[word] = { type: "positional", required: false }
  for (const [flag, entry] of Object.entries(flags)) {
    const { type, description, short, default: value, hint } = entry
    if (entry.hidden) continue
    const settable = environment !== undefined && isSetting(entry, environment)
    args[flag] = {
      type,
      alias: short,
      valueHint: type === "string" ? (hint ?? flag) : undefined,
      description: settable ? `${description} [${variableOf(flag, environment)}]` : description,
      default: value,
    } as ArgDef
  }
  return defineCommand({ meta: { name, description: summary }, args })
}
