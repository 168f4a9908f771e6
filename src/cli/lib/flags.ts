// Flags, strictly: what a command takes, from its words and its environment; unknown ones are an error.

import { type ParseArgsConfig, parseArgs } from "node:util"

/** Wrong usage: exit code 2. `known`: what was written, and what could have been. */
export class UsageError extends Error {
  readonly known: { word: string; names: string[] } | null

  constructor(message: string, known: UsageError["known"] = null) {
    super(message)
    this.known = known
  }
}

export type Flag = {
  type: "string" | "boolean"
  description: string
  short?: string
  multiple?: boolean
  /** How the value is called in help. */
  hint?: string
  /** May it also come from the environment and the config file? */
  setting?: boolean
  default?: string | boolean
  /** Not for users: left out of help. */
  hidden?: boolean
}
export type Flags = Record<string, Flag>
export type Parsed = { values: Record<string, string | boolean | string[] | undefined>; words: string[] }

const OWN_PREFIX = "PTYLINE_"

/** A flag's environment twin: --log-limit is PTYLINE_LOG_LIMIT. */
export const twin = (flag: string, prefix = OWN_PREFIX): string =>
  `${prefix}${flag.toUpperCase().replaceAll("-", "_")}`

/** Flags and plain words; all after `--` is words. Throws `UsageError`. */
export function parseFlags(args: string[], flags: Flags): Parsed {
  try {
    const { values, positionals } = parseArgs({
      args,
      options: optionsOf(flags),
      allowPositionals: true,
      allowNegative: true,
      strict: true,
    })
    return { values: values as Parsed["values"], words: positionals }
  } catch (error) {
    const { message } = error as Error
    const unknown = /^Unknown option '(-[^']*)'/.exec(message)?.[1]
    const names = Object.keys(flags).map(name => `--${name}`)
    throw new UsageError(message.split(". To specify")[0]!, unknown ? { word: unknown, names } : null)
  }
}

function optionsOf(flags: Flags): ParseArgsConfig["options"] {
  const plain = Object.entries(flags).map(([name, { type, short, multiple }]) => [
    name,
    { type, ...(short && { short }), ...(multiple && { multiple }) },
  ])
  return Object.fromEntries(plain)
}

/** All of a server's flags are settings; of other commands those that say so, with the command in their variables' names. */
export const isSetting = (flag: Flag, prefix: string | undefined = OWN_PREFIX): boolean =>
  prefix === OWN_PREFIX || flag.setting === true

/** What the config file says for one command, by flag. */
export type FileSettings = Record<string, string | number | boolean | string[]>

/** Fills in what the command line left open: from the environment, then the config file, then the defaults. */
export function withEnvironment(
  { values, words }: Parsed,
  flags: Flags,
  env: Record<string, string | undefined>,
  file: FileSettings = {},
  prefix?: string,
): Parsed {
  const filled = { ...values }
  for (const [name, flag] of Object.entries(flags))
    filled[name] ??= settled(name, flag, env, file, prefix).value
  return { values: filled, words }
}

export type Source = "flag" | "environment" | "file" | "default"

/** A setting that the command line leaves open, and who says it. */
export function settled(
  name: string,
  flag: Flag,
  env: Record<string, string | undefined>,
  file: FileSettings,
  prefix?: string,
): { value: string | boolean | string[] | undefined; source: Source } {
  if (!isSetting(flag, prefix)) return { value: flag.default, source: "default" }
  const variable = twin(name, prefix)
  const set = fromEnvironment(flag, variable, env[variable])
  if (set !== undefined) return { value: set, source: "environment" }
  const written = file[name]
  if (written === undefined) return { value: flag.default, source: "default" }
  return { value: typeof written === "number" ? `${written}` : written, source: "file" }
}

function fromEnvironment(
  flag: Flag,
  name: string,
  value: string | undefined,
): string | boolean | string[] | undefined {
  if (value === undefined || value === "") return undefined
  if (flag.multiple) return value.split(",")
  if (flag.type === "string") return value
  if (/^(1|true|yes|on)$/i.test(value)) return true
  if (/^(0|false|no|off)$/i.test(value)) return false
  throw new UsageError(`${name} must be true or false, got ${JSON.stringify(value)}`)
}

/** A flag's value as a whole number in a range. Throws `UsageError` with the value. */
export function numberOf(parsed: Parsed, name: string, min: number, max: number): number {
  const text = parsed.values[name]
  const value = Number(text)
  if (typeof text === "string" && /^\d+$/.test(text) && value >= min && value <= max) return value
  throw new UsageError(`--${name} must be a whole number from ${min} to ${max}, got ${JSON.stringify(text)}`)
}
