// Flags of a command, read from the command line, the environment and the config file.

import { type ParseArgsConfig, parseArgs } from "node:util"

/** Wrong usage: exit code 2. `known`: the word given, and the names that are possible. */
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
  /** The value's name in help. */
  hint?: string
  /** True if it can also come from the environment and the config file. */
  setting?: boolean
  default?: string | boolean
  /** True if help omits it. */
  hidden?: boolean
}
export type Flags = Record<string, Flag>

type FlagDetails = Partial<Omit<Flag, "type" | "description">>

const flagOf =
  (type: Flag["type"]) =>
  (description: string, details: FlagDetails = {}): Flag => ({ type, description, ...details })

/** A flag with a value. */
export const option = flagOf("string")
/** A flag without a value. */
export const toggle = flagOf("boolean")

export type Parsed = { values: Record<string, string | boolean | string[] | undefined>; words: string[] }

export type Variables = Record<string, string | undefined>

const OWN_PREFIX = "PTYLINE_"

/** Returns the environment variable of a flag: --log-limit is PTYLINE_LOG_LIMIT. */
export const variableOf = (flag: string, prefix = OWN_PREFIX): string =>
  `${prefix}${flag.toUpperCase().replaceAll("-", "_")}`

/** Splits arguments into flags and words; everything after `--` is a word. Throws `UsageError`. */
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

/** Reports whether a flag is a setting. All flags of `serve` are; of other commands, those marked so. */
export const isSetting = (flag: Flag, prefix: string | undefined = OWN_PREFIX): boolean =>
  prefix === OWN_PREFIX || flag.setting === true

/** One command's section of the config file, by flag. */
export type FileSettings = Record<string, string | number | boolean | string[]>

/** Fills in missing flags from the environment, then the config file, then the defaults. */
export function withEnvironment(
  { values, words }: Parsed,
  flags: Flags,
  env: Variables,
  file: FileSettings = {},
  prefix?: string,
): Parsed {
  const filled = { ...values }
  for (const [name, flag] of Object.entries(flags))
    filled[name] ??= settled(name, flag, env, file, prefix).value
  return { values: filled, words }
}

export type Source = "flag" | "environment" | "file" | "default"

/** Returns a setting that is not on the command line, and where its value comes from. */
export function settled(
  name: string,
  flag: Flag,
  env: Variables,
  file: FileSettings,
  prefix?: string,
): { value: string | boolean | string[] | undefined; source: Source } {
  if (!isSetting(flag, prefix)) return { value: flag.default, source: "default" }
  const variable = variableOf(name, prefix)
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

/** Returns a flag's value as a whole number from `min` to `max`. Throws `UsageError` with the value. */
export function numberOf(parsed: Parsed, name: string, min: number, max: number): number {
  const text = parsed.values[name]
  const value = Number(text)
  if (typeof text === "string" && /^\d+$/.test(text) && value >= min && value <= max) return value
  throw new UsageError(`--${name} must be a whole number from ${min} to ${max}, got ${JSON.stringify(text)}`)
}

/** Returns a flag's value if it is one of `choices`. Throws `UsageError` with the value. */
export function oneOf<T extends string>(name: string, value: string | undefined, choices: readonly T[]): T {
  const choice = choices.find(known => known === value)
  if (choice) return choice
  throw new UsageError(`--${name} must be ${choices.join(" or ")}, got ${JSON.stringify(value)}`)
}

/** Throws `UsageError` for a word that the command does not take. */
export function refuseWord(surplus: string | undefined, hint = ""): void {
  if (surplus !== undefined) throw new UsageError(`unexpected argument ${JSON.stringify(surplus)}${hint}`)
}

/** Returns the only word. Throws `UsageError` when it is missing or not the only one. */
export function oneWord({ words }: Parsed, name = "ID"): string {
  const [word, surplus] = words
  if (word === undefined) throw new UsageError(`missing ${name}`)
  refuseWord(surplus)
  return word
}

/** Splits NAME=VALUE pairs. Throws `UsageError` with a pair that has no name. */
export function pairsOf(flag: string, pairs: string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map(pair => {
      const at = pair.indexOf("=")
      if (at < 1) throw new UsageError(`--${flag} takes name=value, got ${JSON.stringify(pair)}`)
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
}
