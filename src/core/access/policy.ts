// What may be spawned and what it is given: names, sizes, environment, working directory. Pure but for one look at the directory.

import { statSync } from "node:fs"
import { isAbsolute, resolve } from "node:path"
import { PtylineError } from "../lib/errors.ts"
import type { Size, Spec } from "../session/backend.ts"

export type SpawnRequest = {
  argv?: string[]
  command?: string
  cwd?: string
  env?: Record<string, string>
  /** Variables of the server's environment that it does not get. */
  without?: string[]
  size: Size
  echo: boolean
  raw?: boolean
  recordInput?: boolean
  name?: string
}

/** What the server gives a session that does not say otherwise. */
export type SpawnDefaults = { argv: string[]; cwd: string; env: Record<string, string> }

/** Environment variables that start so are the server's own and never reach a child. */
const OWN_PREFIX = "PTYLINE_"
/** Tells a process which session it runs in; also how stray descendants are found again. */
export const SESSION_VARIABLE = "PTYLINE_SESSION"

/** The session as it will be spawned. Throws `invalid_input`, or `spawn_failed` for a directory that is not there. */
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

/** Only a terminal's echo tells what may be kept of the input. */
function recordable(tty: boolean): true {
  if (tty) return true
  throw new PtylineError(
    "invalid_input",
    "input is recorded on a terminal only: without one secrets cannot be told from the rest",
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

/** The words that make the user's shell run one command line. */
function userShell(env: Record<string, string>): string[] {
  return env.SHELL && isAbsolute(env.SHELL) ? [env.SHELL, "-lc"] : ["/bin/sh", "-c"]
}

/** A login shell: what a session runs when nobody says what. */
export function loginShell(env: Record<string, string | undefined>): string[] {
  return [env.SHELL && isAbsolute(env.SHELL) ? env.SHELL : "/bin/sh", "-l"]
}

/** The server's environment without its own secrets, with the terminal's type. */
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
      throw new PtylineError("invalid_input", `not a variable's name: ${JSON.stringify(key)}`)
    if (value.includes("\0"))
      throw new PtylineError("invalid_input", `the value of ${key} contains a NUL character`)
  }
  return env
}

/** Refusals name what was asked for, not what it resolves to: a server's paths are not for its callers. */
function workingDirectory(base: string, asked = "."): string {
  const path = resolve(base, asked)
  const refused = (why: string) =>
    new PtylineError("spawn_failed", `${why}: ${JSON.stringify(asked)}`, { cwd: asked })
  try {
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat?.isDirectory()) return path
    throw refused(stat ? "not a directory" : "no such directory")
  } catch (error) {
    throw error instanceof PtylineError ? error : refused("not a usable directory")
  }
}

/** A name is printable, short, and cannot be taken for an id or cut a URL's path. */
export function checkName(name: string | null | undefined): void {
  if (name === undefined || name === null) return
  const printable =
    name.length > 0 &&
    name.length <= 128 &&
    !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}/]/u.test(name) &&
    name.trim() === name
  if (!printable || name.startsWith("s_") || name === "." || name === "..")
    throw new PtylineError("invalid_input", `not a usable session name: ${JSON.stringify(name)}`, { name })
}
