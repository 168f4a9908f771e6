// Errors of the core for a failed spawn.

import { PtylineError } from "../../core/lib/errors.ts"
import type { Spec } from "../../core/session/backend.ts"

const REASONS: Record<string, (program: string) => string> = {
  ENOENT: program => `no such command: ${program}`,
  EACCES: program => `not executable: ${program}`,
  EPERM: program => `not permitted to run: ${program}`,
  ENOEXEC: program => `not a program this system can run: ${program}`,
  ENOTDIR: program => `no such command: ${program}`,
  E2BIG: () => "arguments and environment are too long",
  ELOOP: program => `too many symbolic links: ${program}`,
  ENAMETOOLONG: program => `name too long: ${program.slice(0, 80)}`,
  ENOMEM: () => "not enough memory to start the command",
  EAGAIN: () => "the process limit of the system is reached",
}

/** Returns `spawn_failed` for a fault of the command, and `unavailable` when the system lacks `what`. */
export function spawnFailure(error: unknown, spec: Spec, what: string): PtylineError {
  const code = String((error as NodeJS.ErrnoException).code ?? "")
  const reason = REASONS[code]
  if (reason) return new PtylineError("spawn_failed", reason(spec.argv[0]!), { argv: spec.argv, errno: code })
  const message = error instanceof Error ? error.message : String(error)
  return new PtylineError("unavailable", `${what} is not available: ${message}`, { errno: code })
}
