// Which backend serves a session: what was asked for, what this system has, and what stands in.

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
export type BackendEntry = { kind: string; available: boolean; default: boolean; why?: string }

/** For programs that have no state directory of their own in hand. */
export const tmuxBackend = new TmuxBackend(() => join(stateDirectory(process.env), "tmux"))

const BACKENDS: Backend[] = [
  terminalBackend,
  bunPtyBackend,
  pipeBackend,
  mixedBackend,
  tmuxBackend,
  echoBackend,
]

/** Bun got terminals of its own in 1.3.5, on Windows later. */
const hasTerminal = () => typeof Bun.Terminal === "function"

/**
 * Chooses by name. "auto" is `preferred`, or Bun's own terminal where it has one and bun-pty elsewhere, and falls back to
 * pipes; a backend asked for by name has no fallback. Throws `invalid_input`.
 */
export function backendChooser(preferred: PreferredPty, tmux: Backend = tmuxBackend): ChooseBackend {
  return (kind, separateStreams) => {
    if (kind === "auto")
      return separateStreams
        ? { backend: pipeBackend }
        : { backend: terminalFor(preferred), fallback: pipeBackend }
    const backend = kind === tmux.kind ? tmux : named(kind)
    if (separateStreams && backend !== pipeBackend && backend !== mixedBackend) throw noSeparateStreams(kind)
    return { backend }
  }
}

/** The choice of a server that was told nothing. */
export const chooseBackend = backendChooser("auto")

/** Every backend, and which one "auto" means. */
export function backendList(preferred: PreferredPty = "auto"): BackendEntry[] {
  return BACKENDS.map(backend => {
    const missing = (backend === terminalBackend || backend === mixedBackend) && !hasTerminal()
    return {
      kind: backend.kind,
      available: !missing,
      default: backend === terminalFor(preferred),
      ...(backend.kind === "tmux" && tmuxMissing()),
      ...(missing ? { why: `Bun ${Bun.version} has no terminals on this system` } : {}),
    }
  })
}

function tmuxMissing(): { available: boolean; why: string } | null {
  return Bun.which("tmux") ? null : { available: false, why: "tmux is not on the PATH" }
}

function terminalFor(preferred: PreferredPty): Backend {
  if (preferred === "auto") return hasTerminal() ? terminalBackend : bunPtyBackend
  return preferred === "terminal" ? terminalBackend : bunPtyBackend
}

function named(kind: string): Backend {
  const backend = BACKENDS.find(backend => backend.kind === kind)
  if (backend) return backend
  const known = ["auto", ...BACKENDS.map(backend => backend.kind)]
  throw new PtylineError(
    "invalid_input",
    `no backend ${JSON.stringify(kind.slice(0, 80))}: known are ${known.join(", ")}`,
    {
      backend: kind,
      known,
    },
  )
}

function noSeparateStreams(kind: string): PtylineError {
  const why = kind === "echo" ? "it has one stream" : "a terminal has one stream for both"
  return new PtylineError(
    "invalid_input",
    `backend ${kind} cannot keep stdout and stderr apart: ${why}; use pipe or mixed`,
    {
      backend: kind,
    },
  )
}
