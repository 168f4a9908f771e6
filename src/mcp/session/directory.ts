// The working directory of a new session (contract pty-mcp, 3.1).

import { realpathSync, statSync } from "node:fs"
import { homedir } from "node:os"
import { dirname, isAbsolute, resolve } from "node:path"
import { attempt } from "../../core/lib/attempt.ts"
import { ToolError } from "../tools/failure.ts"
import type { McpClient } from "./client.ts"

/** In order: requested, client's default, the command's own, the caller's. Throws `cwd does not exist`. */
export function directoryFor(client: McpClient, requested: string | undefined, command: string): string {
  if (requested !== undefined) return existingDirectory(client, requested)
  return client.defaultCwd ?? commandDirectory(command) ?? client.caller.cwd
}

/** Returns the absolute path without links; `~` is the caller's home. Throws `cwd does not exist`. */
export function existingDirectory({ caller }: McpClient, requested: string): string {
  const home = caller.env.HOME ?? homedir()
  const path = resolve(
    caller.cwd,
    requested.replace(/^~(?=\/|$)/, () => home),
  )
  if (kindOf(path) !== "directory") throw new ToolError("cwd does not exist", requested)
  return realpathSync(path)
}

/** Returns the directory of a command whose first word is an absolute path; null for other commands. */
function commandDirectory(command: string): string | null {
  const word = /^\s*(?:"([^"]+)"|'([^']+)'|([^\s;&|"']+))/.exec(command)
  const path = word?.[1] ?? word?.[2] ?? word?.[3]
  if (path === undefined || !isAbsolute(path)) return null
  const kind = kindOf(path)
  if (kind === "directory") return path
  return kind === "file" ? dirname(path) : null
}

/** Returns undefined for a path that is missing or cannot be read. */
const kindOf = (path: string): "directory" | "file" | undefined =>
  attempt(() => (statSync(path).isDirectory() ? "directory" : "file"))
