// What the config file says for a command; read only where there is one.

import { existsSync } from "node:fs"
import { homedir } from "node:os"
import { join, resolve } from "node:path"
import type { Variables } from "../connect/target.ts"
import type { FileSettings } from "./flags.ts"

/** `PTYLINE_CONFIG`, else config.toml or config.json in `$XDG_CONFIG_HOME/ptyline`, else in `~/.config/ptyline`; null without one. */
export function configPath(env: Variables): string | null {
  if (env.PTYLINE_CONFIG) return resolve(env.PTYLINE_CONFIG)
  const names = ["config.toml", "config.json"].map(name => join(configDirectory(env), name))
  return names.find(path => existsSync(path)) ?? null
}

export const configDirectory = (env: Variables): string =>
  join(env.XDG_CONFIG_HOME ? resolve(env.XDG_CONFIG_HOME) : join(env.HOME ?? homedir(), ".config"), "ptyline")

/** One command's section. Throws `UsageError` for a file that is not right, whichever section that concerns. */
export async function settingsOf(section: string, env: Variables): Promise<FileSettings> {
  if (configPath(env) === null) return {}
  const { readConfig } = await import("./config.ts")
  return readConfig(env).sections[section] ?? {}
}
