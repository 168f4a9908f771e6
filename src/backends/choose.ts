// Choice of the backend for a session, by name or by what this system has.

import { join } from "node:path"
import { PtylineError } from "../core/lib/errors.ts"
import type { Backend } from "../core/session/backend.ts"
import type { ChooseBackend } from "../core/session/create-request.ts"
import { stateDirectory } from "../store/state/directory.ts"
import { bunPtyBackend } from "./bun-pty/backend.ts"
import { echoBackend } from "./echo.ts"
import { pipeBackend } from "./pipe/backend.ts"
import { terminalBackend } from "./terminal/backend.ts"
import { mixedBackend } from "./terminal/mixed.ts"
import { TmuxBackend } from "./tmux/backend.ts"

export type PreferredPty = "auto" | "terminal" | "bun-pty"
type BackendEntry = { kind: string; available: boolean; default: boolean; why?: string }

/** The tmux backend of the default state directory. */
export const tmuxBackend = new TmuxBackend(() => join(stateDirectory(process.env), "tmux"))

const backends = (tmux: Backend): Backend[] => [
  terminalBackend,
  bunPtyBackend,
  pipeBackend,
  mixedBackend,
  tmux,
  echoBackend,
]

/**
 * Returns a function that chooses a backend by name and throws `invalid_input`. "auto" means `preferred`, or
 * else a terminal from Bun or bun-pty, with pipes as the fallback. Other names have no fallback.
 */
export function backendChooser(preferred: PreferredPty, tmux: Backend = tmuxBackend): ChooseBackend {
  const known = backends(tmux)
  return (kind, separateStreams) => {
    if (kind === "auto")
      return separateStreams
        ? { backend: pipeBackend }
        : { backend: terminalFor(preferred), fallback: pipeBackend }
    const backend = known.find(backend => backend.kind === kind)
    if (!backend) throw unknownBackend(kind, known)
    if (separateStreams && !backend.separateStreams) throw noSeparateStreams(backend)
    return { backend }
  }
}

/** The chooser of a server without a preference. */
export const chooseBackend = backendChooser("auto")

/** Lists every backend and which one "auto" means. */
export function backendList(preferred: PreferredPty = "auto"): BackendEntry[] {
  return backends(tmuxBackend).map(backend => {
    const why = backend.unavailable?.() ?? null
    return {
      kind: backend.kind,
      available: why === null,
      default: backend === terminalFor(preferred),
      ...(why !== null && { why }),
    }
  })
}

function terminalFor(preferred: PreferredPty): Backend {
  const fromBun = preferred === "auto" ? terminalBackend.unavailable?.() === null : preferred === "terminal"
  return fromBun ? terminalBackend : bunPtyBackend
}

function unknownBackend(kind: string, backends: Backend[]): PtylineError {
  const known = ["auto", ...backends.map(backend => backend.kind)]
  const message = `no backend ${JSON.stringify(kind.slice(0, 80))}; use one of ${known.join(", ")}`
  return new PtylineError("invalid_input", message, { backend: kind, known })
}

function noSeparateStreams({ kind, tty }: Backend): PtylineError {
  const why = tty ? "a terminal has one stream for both" : "it has one stream"
  const message = `backend ${kind} cannot separate stdout and stderr: ${why}; use pipe or mixed`
  return new PtylineError("invalid_input", message, { backend: kind })
}
