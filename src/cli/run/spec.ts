// The spawn request of a run.

import { isatty } from "node:tty"
import { loginShell, planSpawn } from "../../core/access/policy.ts"
import { newId } from "../../core/registry/launcher.ts"
import type { Size, Spec } from "../../core/session/backend.ts"
import type { Variables } from "../lib/flags.ts"
import type { RunOptions } from "./options.ts"

const SIZE: Size = { cols: 120, rows: 30 }

/** Returns the size of the caller's terminal; empty without one. */
export function ownSize(): Partial<Size> {
  const terminal = [process.stdout, process.stderr].find(stream => stream.isTTY)
  const { columns: cols = 0, rows = 0 } = terminal ?? {}
  return cols > 0 && rows > 0 ? { cols, rows } : {}
}

/** The type of the caller's terminal, which shows what the program draws. */
const ownKind = ({ TERM, COLORTERM = "" }: Variables): Record<string, string> =>
  TERM ? { TERM, COLORTERM } : {}

/** Returns what to spawn. Throws `invalid_input` and `spawn_failed` as the start of a session does. */
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
