// Typed access to a call's arguments. null and "" mean absent; numbers and booleans may be strings.

import { attempt } from "../../core/lib/attempt.ts"
import { ToolError } from "./failure.ts"

/** Longest wait of a call, in ms: one day, which a timer can count. */
const MAX_WAIT_MS = 86_400_000

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
    throw invalid(name, "a string", value)
  }

  /** Throws `<name> is required` for absent or blank text. */
  required(name: string): string {
    const value = this.text(name)
    if (value === undefined || value.trim() === "") throw new ToolError(`${name} is required`)
    return value
  }

  /** Text that is required but may be empty. */
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
    throw invalid(name, "a whole number", value)
  }

  /** A limit. A negative one counts as 0. */
  limit(name: string, fallback: number): number {
    return Math.max(0, this.integer(name) ?? fallback)
  }

  milliseconds(name: string, fallback: number): number {
    return Math.min(this.limit(name, fallback), MAX_WAIT_MS)
  }

  flag(name: string): boolean | undefined {
    const value = this.#given(name)
    if (value === undefined || typeof value === "boolean") return value
    if (/^(true|1)$/i.test(String(value))) return true
    if (/^(false|0)$/i.test(String(value))) return false
    throw invalid(name, "true or false", value)
  }

  texts(name: string): string[] {
    const value = listOf(this.#given(name) ?? [])
    if (Array.isArray(value) && value.every(item => typeof item === "string")) return value
    throw invalid(name, "a list of strings", value)
  }

  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    return this.oneOf(name, choices, value => invalid(name, choices.join(" or "), value))
  }

  /** Like `choice`, with an error that does not list the choices. */
  oneOf<T extends string>(
    name: string,
    choices: readonly T[],
    failure = (value: string) => new ToolError(`unsupported ${name}`, value),
  ): T | undefined {
    const value = this.text(name)
    const choice = choices.find(known => known === value)
    if (choice !== undefined || value === undefined) return choice
    throw failure(value)
  }

  /** Environment variables. null becomes empty text; numbers and booleans become text. */
  variables(name: string): Record<string, string> {
    const value = this.#given(name) ?? {}
    if (typeof value !== "object" || Array.isArray(value)) throw invalid(name, "an object", value)
    const pairs = Object.entries(value as Record<string, unknown>)
    return Object.fromEntries(pairs.map(([key, each]) => [key, each === null ? "" : String(each)]))
  }
}

/** Accepts a list as JSON text, which models sometimes send. */
function listOf(value: unknown): unknown {
  if (typeof value !== "string" || !value.trimStart().startsWith("[")) return value
  return attempt(() => JSON.parse(value)) ?? value
}

const invalid = (name: string, expected: string, value: unknown) =>
  new ToolError(`invalid ${name}: must be ${expected}`, JSON.stringify(value)?.slice(0, 100))
