// A call's arguments as their types: null and "" are absent, digits are numbers, "false" is false; the rest is refused by name.

import { ToolError } from "./failure.ts"

/** The longest a call may wait, in ms: what a timer can count. */
const LONGEST_MS = 86_400_000

export class Args {
  #raw: Record<string, unknown>

  constructor(raw: Record<string, unknown>) {
    this.#raw = raw
  }

  #given(name: string): unknown {
    const value = Object.hasOwn(this.#raw, name) ? this.#raw[name] : undefined
    return value === null || value === "" ? undefined : value
  }

  text(name: string): string | undefined {
    const value = this.#given(name)
    if (value === undefined || typeof value === "string") return value
    throw wrong(name, "a string", value)
  }

  /** Throws `<name> is required` when it is absent or blank. */
  required(name: string): string {
    const value = this.text(name)
    if (value === undefined || value.trim() === "") throw new ToolError(`${name} is required`)
    return value
  }

  /** Text that may be empty but must be there. */
  data(name: string): string {
    if (this.#raw[name] === "") return ""
    const value = this.text(name)
    if (value === undefined) throw new ToolError(`${name} is required`)
    return value
  }

  integer(name: string): number | undefined {
    const value = this.#given(name)
    if (value === undefined) return undefined
    const number = typeof value === "string" && /^\s*-?\d+\s*$/.test(value) ? Number(value) : value
    if (typeof number === "number" && Number.isSafeInteger(number)) return number
    throw wrong(name, "a whole number", value)
  }

  /** A limit: negative counts as 0, absent is `otherwise`. */
  limit(name: string, otherwise: number): number {
    return Math.max(0, this.integer(name) ?? otherwise)
  }

  /** A time to wait, in ms. */
  milliseconds(name: string, otherwise: number): number {
    return Math.min(this.limit(name, otherwise), LONGEST_MS)
  }

  flag(name: string): boolean | undefined {
    const value = this.#given(name)
    if (value === undefined || typeof value === "boolean") return value
    if (/^(true|1)$/i.test(String(value))) return true
    if (/^(false|0)$/i.test(String(value))) return false
    throw wrong(name, "true or false", value)
  }

  texts(name: string): string[] {
    const value = listOf(this.#given(name) ?? [])
    if (Array.isArray(value) && value.every(item => typeof item === "string")) return value
    throw wrong(name, "a list of strings", value)
  }

  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    const choice = choices.find(known => known === value)
    if (choice) return choice
    throw wrong(name, choices.join(" or "), value)
  }

  /** Variables by name; null is an empty one, numbers and booleans become text. */
  variables(name: string): Record<string, string> {
    const value = this.#given(name) ?? {}
    if (typeof value !== "object" || Array.isArray(value)) throw wrong(name, "an object", value)
    const pairs = Object.entries(value as Record<string, unknown>)
    return Object.fromEntries(pairs.map(([key, each]) => [key, each === null ? "" : String(each)]))
  }
}

/** Models now and then send a list as its JSON. */
function listOf(value: unknown): unknown {
  if (typeof value !== "string" || !value.trimStart().startsWith("[")) return value
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

const wrong = (name: string, wanted: string, value: unknown) =>
  new ToolError(`invalid ${name}: must be ${wanted}`, JSON.stringify(value)?.slice(0, 100))
