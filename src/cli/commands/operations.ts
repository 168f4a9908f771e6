// Commands made from the operation table: flags, words and output of each operation.

import { isatty } from "node:tty"
import { SESSION_VARIABLE } from "../../core/access/policy.ts"
import { coerce, fieldsOf, type InputField } from "../../ops/coerce.ts"
import { OPERATIONS, type OperationName } from "../../ops/index.ts"
import type { OperationInput } from "../../ops/local.ts"
import type { Operation } from "../../ops/operation.ts"
import { fitted } from "../../ops/text-table.ts"
import { connect } from "../connect/connect.ts"
import type { ServerConnection } from "../connect/connection.ts"
import { CLIENT_FLAGS } from "../connect/flags.ts"
import {
  type Flag,
  type Flags,
  option,
  type Parsed,
  pairsOf,
  parseFlags,
  refuseWord,
  toggle,
  UsageError,
} from "../lib/flags.ts"
import { pour } from "../lib/output.ts"
import { say, show } from "../lib/print.ts"
import type { Verb } from "../lib/verb.ts"

type OperationCommand = { name: string; operation: OperationName; op: Operation; flags: Flags }

const JSON_FLAG: Flag = toggle("print the result as JSON")
const ALL_FLAG: Flag = toggle("apply to all sessions")
const OUTPUT_FLAG: Flag = option("write to this file", { short: "o", hint: "file" })

/** Returns a command for every operation that has one. */
export function operationVerbs(): Verb[] {
  const entries = Object.entries(OPERATIONS) as unknown as [OperationName, Operation][]
  return entries.flatMap(([operation, op]) => (op.cli ? [verbOf(operation, op)] : []))
}

function verbOf(operation: OperationName, op: Operation): Verb {
  const { name, words, rest, about, examples, codes, all } = op.cli!
  const flags = { ...flagsOf(op), ...(all && { all: ALL_FLAG }), ...CLIENT_FLAGS }
  const run = (args: string[]) => runOnServer({ name, operation, op, flags }, args)
  return { name, summary: op.summary, flags, words, rest, about, examples, codes, run }
}

async function runOnServer(command: OperationCommand, args: string[]): Promise<number> {
  const parsed = parseFlags(args, command.flags)
  if (command.op.by === "person" && process.env[SESSION_VARIABLE])
    throw new UsageError(`${command.name} must be run by a person, in a terminal outside of ptyline`)
  await using server = await connect(parsed, process.env)
  return await runOperation(parsed.values.all ? onAll(command) : command, parsed, server)
}

/** Returns the operation that does the same to all sessions. */
function onAll(command: OperationCommand): OperationCommand {
  const operation = command.op.cli!.all as OperationName
  const op = OPERATIONS[operation] as unknown as Operation
  const print = ({ sessions }: { sessions: never[] }) => sessions.map(command.op.cli!.print!).join("")
  return { ...command, operation, op: { ...op, cli: { name: command.name, print: print as never } } }
}

/** Input fields as flags, except those that are words: log_limit is --log-limit, until.match is --match. */
function flagsOf(op: Operation): Flags {
  const words = [...(op.cli?.words ?? []), op.cli?.rest]
  const flags = Object.entries(fieldsOf(op.input)).filter(([name]) => !words.includes(name))
  return {
    ...Object.fromEntries(flags.map(([name, field]) => [flagName(name), flagOf(field)])),
    ...shortFlags(op),
    ...(op.cli?.file && { output: OUTPUT_FLAG }),
    ...(!op.http.media?.streamed && { json: JSON_FLAG }),
  }
}

const shortFlags = (op: Operation): Flags =>
  Object.fromEntries(
    Object.entries(op.cli?.short ?? {}).map(([name, { description }]) => [
      name,
      { type: "boolean", description },
    ]),
  )

const flagName = (field: string): string => field.slice(field.lastIndexOf(".") + 1).replaceAll("_", "-")

function flagOf(field: InputField): Flag {
  const isDefault = field.default === undefined ? "" : ` (default ${field.default})`
  return {
    type: field.type === "boolean" ? "boolean" : "string",
    multiple: field.type === "array" || field.type === "object",
    description: (field.description || field.values?.join(", ") || "") + isDefault,
    hint: field.type === "object" ? "name=value" : undefined,
  }
}

/** Runs the operation and prints its result. Resolves with the exit code. */
async function runOperation(
  command: OperationCommand,
  parsed: Parsed,
  { call, own }: ServerConnection,
): Promise<number> {
  const { op, operation } = command
  const given = inputOf(op, parsed, own)
  const raw = !parsed.values.json && op.cli?.raw?.when(given) ? op.cli.raw : null
  const input = { ...given, ...raw?.input }
  const output = await call(operation, input as OperationInput<typeof operation>)
  if (op.http.media?.streamed) return pour(output as AsyncIterable<string>, parsed.values.output as string)
  const print = raw?.print ?? op.cli?.print ?? (result => `${JSON.stringify(result, null, 2)}\n`)
  await show(parsed.values.json ? `${JSON.stringify(output)}\n` : fitting(op, print(output)))
  const note = op.cli?.note?.(output)
  if (note) say(`ptyline ${command.name}: ${note}`)
  return op.cli?.exit?.(output) ?? 0
}

/** Cuts the lines of a table at the width of the terminal. */
function fitting(op: Operation, text: string | Uint8Array): string | Uint8Array {
  const width = op.cli?.fits && isatty(1) ? process.stdout.columns : 0
  return width > 0 && typeof text === "string" ? fitted(text, width) : text
}

/** Returns the operation's input. `own`: the server is this user's, on this machine. */
function inputOf(op: Operation, { values, words }: Parsed, own: boolean): Record<string, unknown> {
  const fields = fieldsOf(op.input)
  const input: Record<string, unknown> = placeWords(op, fields, words)
  for (const [name, field] of Object.entries(fields)) {
    const value = values[flagName(name)]
    if (value !== undefined) put(input, name, fieldValue(name, field, value))
  }
  for (const [name, { input: preset }] of Object.entries(op.cli?.short ?? {}))
    if (values[name]) Object.assign(input, preset)
  // the current directory applies on this machine only
  if (own && "cwd" in fields) input.cwd ??= process.cwd()
  return input
}

function placeWords(
  op: Operation,
  fields: Record<string, InputField>,
  words: string[],
): Record<string, unknown> {
  const { words: names = [], rest } = op.cli!
  const input: Record<string, unknown> = {}
  for (const [i, name] of names.entries()) {
    const word = words[i]
    if (word !== undefined) input[name] = coerce(fields[name], word)
    else if (fields[name]?.required) throw new UsageError(`missing ${name.toUpperCase()}`)
  }
  const remaining = words.slice(names.length)
  if (rest && remaining.length > 0) input[rest] = remaining
  else refuseWord(remaining[0])
  return input
}

function fieldValue(name: string, field: InputField, value: string | boolean | string[]): unknown {
  if (!Array.isArray(value)) return typeof value === "string" ? coerce(field, value) : value
  return field.type === "object" ? pairsOf(flagName(name), value) : value
}

/** Sets a field; `outer.inner` is set inside the object `outer`. */
function put(input: Record<string, unknown>, name: string, value: unknown): void {
  const [outer, inner] = name.split(".") as [string, string?]
  if (inner === undefined) input[outer] = value
  else input[outer] = { ...(input[outer] as Record<string, unknown> | undefined), [inner]: value }
}
