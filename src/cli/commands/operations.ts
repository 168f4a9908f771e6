// The operation table as shell commands.

import { isatty } from "node:tty"
import { SESSION_VARIABLE } from "../../core/access/policy.ts"
import { coerce, fieldsOf, type InputField } from "../../ops/coerce.ts"
import { OPERATIONS, type OperationName } from "../../ops/index.ts"
import type { OperationInput } from "../../ops/local.ts"
import type { Operation } from "../../ops/operation.ts"
import { CLIENT_FLAGS, type Connection, connect } from "../connect/connection.ts"
import { type Flag, type Flags, type Parsed, parseFlags, UsageError } from "../lib/flags.ts"
import { pour } from "../lib/output.ts"
import { say, show } from "../lib/print.ts"
import { fitted } from "../lib/table.ts"
import type { Verb } from "../lib/verb.ts"

type OperationCommand = { name: string; operation: OperationName; op: Operation; flags: Flags }

const JSON_FLAG: Flag = { type: "boolean", description: "print the answer as JSON" }
const ALL_FLAG: Flag = { type: "boolean", description: "all sessions instead of one" }
const OUTPUT_FLAG: Flag = { type: "string", short: "o", hint: "file", description: "write into this file" }

/** Every operation that has a place in the shell, as a command on the server. */
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
    throw new UsageError(`${command.name} is for a person: in a terminal of your own, not inside a session`)
  await using server = await connect(parsed, process.env)
  return await runOperation(parsed.values.all ? onAll(command) : command, parsed, server)
}

/** The operation that does to all sessions what this one does to one. */
function onAll(command: OperationCommand): OperationCommand {
  const operation = command.op.cli!.all as OperationName
  const op = OPERATIONS[operation] as unknown as Operation
  const print = ({ sessions }: { sessions: never[] }) => sessions.map(command.op.cli!.print!).join("")
  return { ...command, operation, op: { ...op, cli: { name: command.name, print: print as never } } }
}

/** Fields as flags, but for those that are plain words: log_limit is --log-limit, until.match is --match. */
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

/** Runs the operation and prints its answer. Resolves with the exit code. */
async function runOperation(
  command: OperationCommand,
  parsed: Parsed,
  { call, own }: Connection,
): Promise<number> {
  const { op, operation } = command
  const given = inputOf(op, parsed, own)
  const raw = !parsed.values.json && op.cli?.raw?.when(given) ? op.cli.raw : null
  const input = { ...given, ...raw?.input }
  const output = await call(operation, input as OperationInput<typeof operation>)
  if (op.http.media?.streamed) return pour(output as AsyncIterable<string>, parsed.values.output as string)
  const print = raw?.print ?? op.cli?.print ?? (answer => `${JSON.stringify(answer, null, 2)}\n`)
  await show(parsed.values.json ? `${JSON.stringify(output)}\n` : fitting(op, print(output)))
  const note = op.cli?.note?.(output)
  if (note) say(`ptyline ${command.name}: ${note}`)
  return op.cli?.exit?.(output) ?? 0
}

/** A table that is wider than the terminal loses what it has to the right, not its lines. */
function fitting(op: Operation, text: string | Uint8Array): string | Uint8Array {
  const width = op.cli?.fits && isatty(1) ? process.stdout.columns : 0
  return width > 0 && typeof text === "string" ? fitted(text, width) : text
}

/** `own`: is the server this user's own, on this machine? */
function inputOf(op: Operation, { values, words }: Parsed, own: boolean): Record<string, unknown> {
  const fields = fieldsOf(op.input)
  const input: Record<string, unknown> = placeWords(op, fields, words)
  for (const [name, field] of Object.entries(fields)) {
    const value = values[flagName(name)]
    if (value !== undefined) put(input, name, fieldValue(name, field, value))
  }
  for (const [name, { input: meant }] of Object.entries(op.cli?.short ?? {}))
    if (values[name]) Object.assign(input, meant)
  // a shell's user means the directory they are in; another machine has its own
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
    else if (fields[name]?.required) throw new UsageError(`${op.cli!.name} needs ${name.toUpperCase()}`)
  }
  const left = words.slice(names.length)
  if (rest && left.length > 0) input[rest] = left
  else if (left.length > 0) throw new UsageError(`unexpected word ${JSON.stringify(left[0])}`)
  return input
}

function fieldValue(name: string, field: InputField, value: string | boolean | string[]): unknown {
  if (!Array.isArray(value)) return typeof value === "string" ? coerce(field, value) : value
  return field.type === "object" ? Object.fromEntries(value.map(pair => splitPair(name, pair))) : value
}

function splitPair(name: string, pair: string): [string, string] {
  const at = pair.indexOf("=")
  if (at < 1) throw new UsageError(`--${flagName(name)} takes name=value, got ${JSON.stringify(pair)}`)
  return [pair.slice(0, at), pair.slice(at + 1)]
}

/** Sets `outer.inner` inside its object. */
function put(input: Record<string, unknown>, name: string, value: unknown): void {
  const [outer, inner] = name.split(".") as [string, string?]
  if (inner === undefined) input[outer] = value
  else input[outer] = { ...(input[outer] as Record<string, unknown> | undefined), [inner]: value }
}
