// Why a spawn failed, in the core's words.

import { PtylineError } from "../../core/lib/errors.ts"
import type { Spec } from "../../core/session/backend.ts"

const REASONS: Record<string, (program: string) => string> = {
  ENOENT: program => `no such command: ${program}`,
  EACCES: program => `not executable: ${program}`,
  EPERM: program => `not permitted to run: ${program}`,
  ENOEXEC: program => `not a program this system can run: ${program}`,
  ENOTDIR: program => `no such command: ${program}`,
  E2BIG: () => "arguments and environment are too long together",
  ELOOP: program => `too many symbolic links: ${program}`,
  ENAMETOOLONG: program => `name too long: ${program.slice(0, 80)}`,
  ENOMEM: () => "not enough memory to start the command",
  EAGAIN: () => "the system's limit of processes is reached",
}

/** `spawn_failed` with the command for what is the command's fault; `unavailable` for a system without what was asked. */
export function spawnFailure(error: unknown, spec: Spec, what: string): PtylineError {
  const code = String((error as NodeJS.ErrnoException).code ?? "")
  const reason = REASONS[code]
  if (reason) return new PtylineError("spawn_failed", reason(spec.argv[0]!), { argv: spec.argv, errno: code })
  const message = error instanceof Error ? error.message : String(error)
  return new PtylineError("unavailable", `${what} cannot be had here: ${message}`, { errno: code })
}
