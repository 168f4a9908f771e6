// The commands, by name: what each takes and what it does.

import { stripVTControlCharacters } from "node:util"
import { type ArgDef, type ArgsDef, type CommandDef, defineCommand, renderUsage } from "citty"
import { QueryBlanker } from "../http/replay.ts"
import { VERSION } from "../version.ts"
import { noServer, ownCore, serverCall } from "./call.ts"
import { CERT_FLAGS, CERT_SUMMARY, certificate } from "./cert.ts"
import { type Flags, parseFlags, twin, UsageError } from "./flags.ts"
import { presetFlags } from "./mop-flags.ts"
import { exitCodeOf, type OperationCommand, operationCommands, runOperation } from "./operations.ts"
import { SERVE_FLAGS } from "./serve-options.ts"

type Action = (args: string[]) => Promise<number>
type Command = { definition: CommandDef; action: Action }

/** citty colours its help always; a pipe and NO_COLOR (no-color.org) want it plain. */
const coloured = process.stdout.isTTY && !process.env.NO_COLOR
const plain = (text: string): string =>
  coloured ? text : stripVTControlCharacters(text).replace(/ +$/gm, "")

/** A terminal must not be made to answer what a program in a session asked: the answer would be typed into the caller's shell. */
const out = (text: string | Uint8Array): void => {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text
  process.stdout.write(process.stdout.isTTY ? new QueryBlanker().pass(bytes, true) : bytes)
}

/** Runs one command line and resolves with the exit code: 0 ok, 1 failure, 2 usage, 3 not found. */
export async function runCommandLine(argv: string[]): Promise<number> {
  const [name, ...args] = argv
  const commands = commandTable()
  if (name === "--version" || name === "-v") return commands.version!.action([])
  const command = Object.hasOwn(commands, name ?? "") ? commands[name!] : undefined
  if (!command) return usage(name, commands)
  if (asksHelp(args)) return help(command.definition, ROOT)
  try {
    return await command.action(args)
  } catch (error) {
    process.stderr.write(`ptyline ${name}: ${error instanceof Error ? error.message : String(error)}\n`)
    if (error instanceof UsageError) process.stderr.write(`ptyline ${name} --help tells more\n`)
    return exitCodeOf(error)
  }
}

const ROOT: CommandDef = defineCommand({
  meta: {
    name: "ptyline",
    version: VERSION,
    description: "Party line for terminals: browsers, agents, scripts and shells on one session",
  },
})

/** Every command by name, in the order of help. */
export function commandTable(): Record<string, Command> {
  const table: Record<string, Command> = {
    serve: {
      definition: definitionOf(
        "serve",
        "Serve sessions over HTTP, WebSocket and the page",
        SERVE_FLAGS,
        [],
        true,
      ),
      action: runServe,
    },
    mop: {
      definition: definitionOf(
        "mop",
        "Serve one command as MOP did: serve with its defaults",
        presetFlags(SERVE_FLAGS),
        [],
        true,
      ),
      action: async args => (await import("./serve.ts")).serve(args, process.env, true),
    },
    cert: { definition: definitionOf("cert", CERT_SUMMARY, CERT_FLAGS, ["action"], true), action: runCert },
    version: { definition: definitionOf("version", "Print the version", {}), action: printVersion },
  }
  for (const command of operationCommands()) {
    const words = [
      ...(command.op.cli?.words ?? []),
      ...(command.op.cli?.rest ? [`-- ${command.op.cli.rest}`] : []),
    ]
    table[command.name] = {
      definition: definitionOf(command.name, command.op.summary, command.flags, words),
      action: args => runCommand(command, args),
    }
  }
  return table
}

const asksHelp = (args: string[]): boolean => {
  const end = args.indexOf("--")
  return (end < 0 ? args : args.slice(0, end)).some(arg => arg === "--help" || arg === "-h")
}

async function usage(name: string | undefined, commands: Record<string, Command>): Promise<number> {
  const subCommands = Object.fromEntries(
    Object.entries(commands).map(([key, { definition }]) => [key, definition]),
  )
  const text = plain(`${await renderUsage({ ...ROOT, subCommands })}\n`)
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    out(text)
    return 0
  }
  process.stderr.write(`ptyline: unknown command ${JSON.stringify(name)}\n\n${text}`)
  return 2
}

async function help(definition: CommandDef, parent: CommandDef): Promise<number> {
  out(plain(`${await renderUsage(definition, parent)}\n`))
  return 0
}

/** Our flags in citty's words, which renders the help. */
function definitionOf(
  name: string,
  description: string,
  flags: Flags,
  words: string[] = [],
  twins = false,
): CommandDef {
  const args: ArgsDef = {}
  for (const word of words) args[word] = { type: "positional", required: false }
  for (const [flag, { type, description: text, short, default: value, hint }] of Object.entries(flags))
    args[flag] = {
      type,
      alias: short,
      valueHint: type === "string" ? (hint ?? flag) : undefined,
      description: twins ? `${text} [${twin(flag)}]` : text,
      default: value,
    } as ArgDef
  return defineCommand({ meta: { name, description }, args })
}

const runServe: Action = async args => {
  const { serve } = await import("./serve.ts")
  return serve(args, process.env)
}

const runCert: Action = async args => {
  out(await certificate(args, process.env))
  return 0
}

const printVersion: Action = async () => {
  out(`${VERSION}\n`)
  return 0
}

/** On the running server; `run` alone also works without one. */
async function runCommand(command: OperationCommand, args: string[]): Promise<number> {
  const parsed = parseFlags(args, command.flags)
  const server = await serverCall(process.env)
  if (server) return runOperation(command, parsed, server, out)
  if (command.operation !== "run") throw noServer(process.env)
  const stopped = new AbortController()
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(name, () => stopped.abort())
  const core = ownCore(process.env, stopped.signal)
  try {
    return await runOperation(command, parsed, core.call, out)
  } finally {
    await core.close()
  }
}
