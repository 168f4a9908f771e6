// How help reads: citty renders usage and flags, the rest of a manual page stands behind them.

import { type ArgDef, type ArgsDef, type CommandDef, defineCommand, renderUsage } from "citty"
import { VERSION } from "../../version.ts"
import { isSetting, twin } from "./flags.ts"
import { plain } from "./print.ts"
import { CODES, type Verb } from "./verb.ts"

/** Lines of prose are broken here. */
const WIDTH = 100

const ROOT: CommandDef = defineCommand({
  meta: {
    name: "ptyline",
    version: VERSION,
    description: "Party line for terminals: browsers, agents, scripts and shells on one session",
  },
})

/** All commands, one line each. */
export async function overview(verbs: Verb[]): Promise<string> {
  const subCommands = Object.fromEntries(verbs.map(verb => [verb.name, definitionOf(verb)]))
  return plain(`${await renderUsage({ ...ROOT, subCommands })}\n`)
}

/** One command's manual page. */
export async function manual(verb: Verb): Promise<string> {
  const { about = [], examples = [], codes } = verb
  const sections = [
    await renderUsage(definitionOf(verb), ROOT),
    ...about.map(text => wrapped(text)),
    ...(examples.length > 0 ? [`EXAMPLES\n\n${examples.map(shown).join("\n")}`] : []),
    ...(codes ? [`EXIT CODES\n\n${codeTable(codes)}`] : []),
  ]
  return plain(`${sections.map(section => section.trimEnd()).join("\n\n")}\n`)
}

const shown = ([line, what]: [string, string]): string => `  ${line}\n      ${what}`

/** What is this command's alone, and then what all share; each code once. */
function codeTable(codes: [string, string][]): string {
  const own = new Set(codes.map(([code]) => code))
  const all = [...codes, ...CODES.filter(([code]) => !own.has(code))]
  return all.map(([code, meaning]) => `  ${code.padEnd(7)} ${meaning}`).join("\n")
}

function wrapped(text: string): string {
  const lines: string[] = []
  let line = ""
  for (const word of text.split(" ")) {
    if (line.length + word.length + 1 > WIDTH) {
      lines.push(line)
      line = word
    } else line = line === "" ? word : `${line} ${word}`
  }
  return [...lines, line].join("\n")
}

/** Our flags in citty's words. */
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
      description: settable ? `${description} [${twin(flag, environment)}]` : description,
      default: value,
    } as ArgDef
  }
  return defineCommand({ meta: { name, description: summary }, args })
}
