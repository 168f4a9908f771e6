// Flags, strictly: what a command takes, from its words and its environment; unknown ones are an error.

import { type ParseArgsConfig, parseArgs } from "node:util"

/** Wrong usage: exit code 2. */
export class UsageError extends Error {}

export type Flag = {
  type: "string" | "boolean"
  description: string
  short?: string
  multiple?: boolean
  /** How the value is called in help. */
  hint?: string
  default?: string | boolean
}
export type Flags = Record<string, Flag>
export type Parsed = { values: Record<string, string | boolean | string[] | undefined>; words: string[] }

/** Every long flag's environment twin: --log-limit is PTYLINE_LOG_LIMIT. */
export const twin = (flag: string): string => `PTYLINE_${flag.toUpperCase().replaceAll("-", "_")}`

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
    throw new UsageError((error as Error).message.split(". To specify")[0])
  }
}

function optionsOf(flags: Flags): ParseArgsConfig["options"] {
  const plain = Object.entries(flags).map(([name, { type, short, multiple }]) => [
    name,
    { type, ...(short && { short }), ...(multiple && { multiple }) },
  ])
  return Object.fromEntries(plain)
}

/** Fills in what the command line left open, from the environment and then from the defaults. */
export function withEnvironment(
  { values, words }: Parsed,
  flags: Flags,
  env: Record<string, string | undefined>,
): Parsed {
  const filled = { ...values }
  for (const [name, flag] of Object.entries(flags))
    if (filled[name] === undefined)
      filled[name] = fromEnvironment(flag, twin(name), env[twin(name)]) ?? flag.default
  return { values: filled, words }
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
