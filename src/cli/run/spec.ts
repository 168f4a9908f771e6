// What a run starts, in the words of the core.

import { isatty } from "node:tty"
import { loginShell, planSpawn } from "../../core/access/policy.ts"
import { newId } from "../../core/registry/launcher.ts"
import type { Size, Spec } from "../../core/session/backend.ts"
import type { Variables } from "../connect/target.ts"
import type { RunOptions } from "./options.ts"

const SIZE: Size = { cols: 120, rows: 30 }

/** The caller's own terminal's size, where there is one. */
export function ownSize(): Partial<Size> {
  const terminal = [process.stdout, process.stderr].find(stream => stream.isTTY)
  const { columns: cols = 0, rows = 0 } = terminal ?? {}
  return cols > 0 && rows > 0 ? { cols, rows } : {}
}

/** What the caller's terminal is, which is the one that the program draws on. */
const ownKind = ({ TERM, COLORTERM = "" }: Variables): Record<string, string> =>
  TERM ? { TERM, COLORTERM } : {}

/** Throws `invalid_input` and `spawn_failed` as a session's start does. */
export function specOf({ argv, command, cwd, env, pty, size }: RunOptions, environment: Variables): Spec {
  const own = pty ? ownSize() : {}
  const full = { cols: size.cols ?? own.cols ?? SIZE.cols, rows: size.rows ?? own.rows ?? SIZE.rows }
  const kind = pty && isatty(1) ? ownKind(environment) : {}
  const request = { argv, command, cwd, env: { ...kind, ...env }, size: full, echo: true }
  const defaults = {
    argv: loginShell(environment),
    cwd: process.cwd(),
    env: environment as Record<string, string>,
  }
  return planSpawn(request, defaults, newId(), pty)
}
