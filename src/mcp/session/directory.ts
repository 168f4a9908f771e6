// The directory a session starts in: asked for, the caller's default, the command's own, or where the caller is (contract 3.1).

import { realpathSync, statSync } from "node:fs"
import { homedir } from "node:os"
import { dirname, isAbsolute, resolve } from "node:path"
import { ToolError } from "../tools/failure.ts"
import type { McpClient } from "./client.ts"

/** Throws `cwd does not exist`. */
export function directoryFor(desk: McpClient, asked: string | undefined, command: string): string {
  if (asked !== undefined) return existing(desk, asked)
  return desk.defaultCwd ?? directoryOf(command) ?? desk.surroundings.cwd
}

/** An absolute path without links. `~` is the caller's home. Throws `cwd does not exist`. */
export function existing(desk: McpClient, asked: string): string {
  const home = desk.surroundings.env.HOME ?? homedir()
  const path = resolve(
    desk.surroundings.cwd,
    asked.replace(/^~(?=\/|$)/, () => home),
  )
  if (kindOf(path) !== "directory") throw new ToolError("cwd does not exist", asked)
  return realpathSync(path)
}

/** Where the program is that a command begins with an absolute path of. */
function directoryOf(command: string): string | null {
  const word = /^\s*(?:"([^"]+)"|'([^']+)'|([^\s;&|"']+))/.exec(command)
  const path = word?.[1] ?? word?.[2] ?? word?.[3]
  if (path === undefined || !isAbsolute(path)) return null
  const kind = kindOf(path)
  if (kind === "directory") return path
  return kind === "file" ? dirname(path) : null
}

function kindOf(path: string): "directory" | "file" | null {
  try {
    return statSync(path).isDirectory() ? "directory" : "file"
  } catch {
    return null
  }
}
