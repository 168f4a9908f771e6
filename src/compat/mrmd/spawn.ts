// What a terminal's shell is started with (contract mrmd-pty, 2.1 and 3.5).

import { existsSync, statSync } from "node:fs"
import { basename, delimiter, dirname, join, resolve } from "node:path"
import type { SpawnDefaults } from "../../core/access/policy.ts"
import type { CreateRequest } from "../../core/session/create-request.ts"
import type { StoredTerminal } from "./record.ts"

/** Marks the sessions of this surface for everybody else. */
export const TAG = "mrmd"

/** The request for a terminal's session. A directory or environment that is not there is left out; `warnings` tell of it. */
export function requestFor(facts: StoredTerminal, defaults: SpawnDefaults): CreateRequest {
  const cwd = isDirectory(resolve(defaults.cwd, facts.cwd)) ? facts.cwd : undefined
  const root = facts.venv === null ? null : venvRoot(resolve(defaults.cwd, facts.venv))
  const warnings = facts.venv !== null && root === null ? [`no virtual environment: ${facts.venv}`] : []
  return {
    argv: [facts.shell ?? defaultShell(defaults.env)],
    cwd,
    env: root === null ? {} : venvVariables(root, defaults.env.PATH),
    without: root === null ? [] : ["PYTHONHOME"],
    size: { cols: 80, rows: 24 },
    backend: "auto",
    separateStreams: false,
    echo: true,
    tags: [TAG],
    // a crash of the server does not end it: its id finds it again
    endsWithServer: true,
    warnings,
  }
}

/** Where a shell is looked for that nobody names: `$SHELL`, else bash, else sh. */
function defaultShell(env: Record<string, string>): string {
  if (env.SHELL) return env.SHELL
  return existsSync("/bin/bash") ? "/bin/bash" : "/bin/sh"
}

/**
 * The environment's directory: the path itself if it has a `bin`, else that of its python in `bin`; null when it is neither. Any
 * grandparent that has a `bin` would do for the contract's words, but of a path such as /nowhere that is /.
 */
function venvRoot(path: string): string | null {
  if (isDirectory(join(path, "bin"))) return path
  const bin = dirname(path)
  return basename(bin) === "bin" && isDirectory(bin) ? dirname(bin) : null
}

const venvVariables = (root: string, path: string | undefined): Record<string, string> => ({
  VIRTUAL_ENV: root,
  PATH: [join(root, "bin"), ...(path ? [path] : [])].join(delimiter),
})

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}
