// The start of a terminal's shell (contract mrmd-pty, 2.1 and 3.5).

import { existsSync, statSync } from "node:fs"
import { basename, delimiter, dirname, join, resolve } from "node:path"
import type { SpawnDefaults } from "../../core/access/policy.ts"
import { attempt } from "../../core/lib/attempt.ts"
import type { CreateRequest } from "../../core/session/create-request.ts"
import type { StoredTerminal } from "./record.ts"

export const TAG = "mrmd"

/** Returns the request for a terminal's session. A missing directory or virtual environment is ignored. */
export function requestFor(record: StoredTerminal, defaults: SpawnDefaults): CreateRequest {
  const cwd = isDirectory(resolve(defaults.cwd, record.cwd)) ? record.cwd : undefined
  const root = record.venv === null ? null : venvRoot(resolve(defaults.cwd, record.venv))
  const warnings = record.venv !== null && root === null ? [`no virtual environment: ${record.venv}`] : []
  return {
    argv: [record.shell ?? defaultShell(defaults.env)],
    cwd,
    env: root === null ? {} : venvVariables(root, defaults.env.PATH),
    without: root === null ? [] : ["PYTHONHOME"],
    size: { cols: 80, rows: 24 },
    backend: "auto",
    separateStreams: false,
    echo: true,
    tags: [TAG],
    // after a crash of the server the shell is found again by its id
    endsWithServer: true,
    warnings,
  }
}

function defaultShell(env: Record<string, string>): string {
  if (env.SHELL) return env.SHELL
  return existsSync("/bin/bash") ? "/bin/bash" : "/bin/sh"
}

/** Narrower than the contract, which accepts any grandparent with a `bin`: that of /nowhere is /. */
function venvRoot(path: string): string | null {
  if (isDirectory(join(path, "bin"))) return path
  const bin = dirname(path)
  return basename(bin) === "bin" && isDirectory(bin) ? dirname(bin) : null
}

const venvVariables = (root: string, path: string | undefined): Record<string, string> => ({
  VIRTUAL_ENV: root,
  PATH: [join(root, "bin"), ...(path ? [path] : [])].join(delimiter),
})

const isDirectory = (path: string): boolean => attempt(() => statSync(path).isDirectory()) ?? false
