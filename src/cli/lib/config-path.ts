// Where the config file is.

import { existsSync } from "node:fs"
import { homedir } from "node:os"
import { join, resolve } from "node:path"
import type { Variables } from "./flags.ts"

/**
 * Returns `PTYLINE_CONFIG`, else config.toml or config.json in `$XDG_CONFIG_HOME/ptyline` or
 * `~/.config/ptyline`. Returns null without such a file.
 */
export function configPath(env: Variables): string | null {
  if (env.PTYLINE_CONFIG) return resolve(env.PTYLINE_CONFIG)
  const names = ["config.toml", "config.json"].map(name => join(configDirectory(env), name))
  return names.find(path => existsSync(path)) ?? null
}

export const configDirectory = (env: Variables): string =>
  join(env.XDG_CONFIG_HOME ? resolve(env.XDG_CONFIG_HOME) : join(env.HOME ?? homedir(), ".config"), "ptyline")
