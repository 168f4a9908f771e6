// The options of `ptyline run`, parsed and checked against each other.

import { resolve } from "node:path"
import { MAX_SIDE } from "../../core/lib/units.ts"
import type { Size } from "../../core/session/backend.ts"
import { milliseconds } from "../lib/duration.ts"
import { numberOf, type Parsed, pairsOf, UsageError, type Variables } from "../lib/flags.ts"
import { parseSettings } from "../lib/settings.ts"
import { RUN_FLAGS } from "./flags.ts"

/** How many lines `--quiet` prints when the program fails. */
const TAIL = 50

/** Throws `UsageError`. */
export async function runOptions(args: string[], environment: Variables) {
  const parsed = await parseSettings("run", args, RUN_FLAGS, environment)
  const { values, words } = parsed
  const text = (name: string) => values[name] as string | undefined
  if (values.pty && values.pipe) throw new UsageError("--pty and --pipe exclude each other")
  const command = text("command")
  if (words.length > 0 === (command !== undefined))
    throw new UsageError("give the program after --, or a command line with --command")
  const time = text("timeout")
  return {
    argv: words.length > 0 ? words : undefined,
    command,
    cwd: resolve(text("cwd") ?? "."),
    env: pairsOf("env", (values.env as string[] | undefined) ?? []),
    pty: values.pty === true,
    size: sizeOf(parsed),
    timeoutMs: time === undefined ? null : milliseconds("timeout", time),
    graceMs: milliseconds("grace", text("grace")!),
    record: text("record") ?? null,
    quiet: values.quiet === true,
    tail: text("tail") !== undefined ? numberOf(parsed, "tail", 0, 100_000) : values.quiet ? TAIL : null,
    json: values.json === true,
    name: text("name"),
    until: text("until"),
    /** The parsed flags, for the connection. */
    parsed,
  }
}

export type RunOptions = Awaited<ReturnType<typeof runOptions>>

/** Returns --cols and --rows, each if given. Throws `UsageError`. */
export function sizeOf(parsed: Parsed): Partial<Size> {
  const side = (name: string) =>
    parsed.values[name] === undefined ? undefined : numberOf(parsed, name, 1, MAX_SIDE)
  return { cols: side("cols"), rows: side("rows") }
}
