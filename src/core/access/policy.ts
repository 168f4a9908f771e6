// Spawn policy: the command, environment and working directory of a new session. Pure, except for one stat.

import { statSync } from "node:fs"
import { isAbsolute, resolve } from "node:path"
import { PtylineError } from "../lib/errors.ts"
import type { Size, Spec } from "../session/backend.ts"

export type SpawnRequest = {
  argv?: string[]
  command?: string
  cwd?: string
  env?: Record<string, string>
  /** Variables of the server's environment that the program does not get. */
  without?: string[]
  size: Size
  echo: boolean
  raw?: boolean
  /** Records input, except while the terminal's echo is off. */
  recordInput?: boolean
  name?: string
}

export type SpawnDefaults = { argv: string[]; cwd: string; env: Record<string, string> }

/** Prefix of the server's own environment variables, which no child gets. */
const OWN_PREFIX = "PTYLINE_"
/** Names the session to its processes. Stray descendants are found by it. */
export const SESSION_VARIABLE = "PTYLINE_SESSION"

/** Returns what to spawn. Throws `invalid_input`, or `spawn_failed` for a missing directory. */
export function planSpawn(request: SpawnRequest, defaults: SpawnDefaults, id: string, tty: boolean): Spec {
  checkName(request.name)
  return {
    argv: argvOf(request, defaults),
    cwd: workingDirectory(defaults.cwd, request.cwd),
    env: {
      ...childEnvironment(withoutVariables(defaults.env, request.without), tty),
      ...checkedEnvironment(request.env ?? {}),
      [SESSION_VARIABLE]: id,
    },
    size: request.size,
    echo: request.echo,
    ...(request.raw && { raw: true }),
    ...(request.recordInput && { recordInput: recordable(tty) }),
  }
}

/** Only a terminal's echo shows which input may be recorded. */
function recordable(tty: boolean): true {
  if (tty) return true
  throw new PtylineError(
    "invalid_input",
    "input can be recorded only on a terminal: without echo, secrets look like other input",
  )
}

function argvOf({ argv, command }: SpawnRequest, defaults: SpawnDefaults): string[] {
  if (argv && command !== undefined) throw new PtylineError("invalid_input", "give argv or command, not both")
  const words = argv ?? (command === undefined ? defaults.argv : [...userShell(defaults.env), command])
  if (words.length === 0 || words[0] === "")
    throw new PtylineError("invalid_input", "argv needs at least a program")
  for (const word of words)
    if (word.includes("\0"))
      throw new PtylineError("invalid_input", `an argument contains a NUL character: ${JSON.stringify(word)}`)
  return words
}

/** Returns the arguments that make the user's shell run one command line. */
function userShell(env: Record<string, string>): string[] {
  return env.SHELL && isAbsolute(env.SHELL) ? [env.SHELL, "-lc"] : ["/bin/sh", "-c"]
}

/** Returns a login shell: the default command for new sessions. */
export function loginShell(env: Record<string, string | undefined>): string[] {
  return [env.SHELL && isAbsolute(env.SHELL) ? env.SHELL : "/bin/sh", "-l"]
}

/** Returns the server's environment without its own variables, and with the terminal's type. */
export function childEnvironment(
  env: Record<string, string | undefined>,
  tty: boolean,
): Record<string, string> {
  const child: Record<string, string> = {}
  for (const [key, value] of Object.entries(env))
    if (value !== undefined && !key.startsWith(OWN_PREFIX)) child[key] = value
  if (!tty) return { ...child, TERM: "dumb" }
  return { ...child, TERM: "xterm-256color", COLORTERM: "truecolor" }
}

const withoutVariables = (env: Record<string, string>, names: string[] = []): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)))

function checkedEnvironment(env: Record<string, string>): Record<string, string> {
  for (const [key, value] of Object.entries(env)) {
    if (key === "" || /[=\0]/.test(key))
      throw new PtylineError("invalid_input", `not a valid variable name: ${JSON.stringify(key)}`)
    if (value.includes("\0"))
      throw new PtylineError("invalid_input", `the value of ${key} contains a NUL character`)
  }
  return env
}

/** Errors name the requested path, not the resolved one: callers must not learn the server's paths. */
function workingDirectory(base: string, asked = "."): string {
  const path = resolve(base, asked)
  const failure = (why: string) =>
    new PtylineError("spawn_failed", `${why}: ${JSON.stringify(asked)}`, { cwd: asked })
  try {
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat?.isDirectory()) return path
    throw failure(stat ? "not a directory" : "no such directory")
  } catch (error) {
    throw error instanceof PtylineError ? error : failure("not a usable directory")
  }
}

/** Throws `invalid_input` unless the name is printable, short, unlike an id, and safe in a URL's path. */
export function checkName(name: string | null | undefined): void {
  if (name === undefined || name === null) return
  const printable =
    name.length > 0 &&
    name.length <= 128 &&
    !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}/]/u.test(name) &&
    name.trim() === name
  if (!printable || name.startsWith("s_") || name === "." || name === "..")
    throw new PtylineError("invalid_input", `not a valid session name: ${JSON.stringify(name)}`, { name })
}
