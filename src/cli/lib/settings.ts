// One command's settings: its flags and its section of the config file. Loads the parser only for a file.

import { configPath } from "./config-path.ts"
import {
  type FileSettings,
  type Flags,
  type Parsed,
  parseFlags,
  type Variables,
  withEnvironment,
} from "./flags.ts"

/** Returns one command's section. Throws `UsageError` for a mistake anywhere in the file. */
export async function settingsOf(section: string, env: Variables): Promise<FileSettings> {
  if (configPath(env) === null) return {}
  const { readConfig } = await import("./config.ts")
  return readConfig(env).sections[section] ?? {}
}

/** Parses flags; environment and config file fill in missing ones. Throws `UsageError`. */
export async function parseSettings(
  command: string,
  args: string[],
  flags: Flags,
  env: Variables,
): Promise<Parsed> {
  const file = await settingsOf(command, env)
  return withEnvironment(parseFlags(args, flags), flags, env, file, `PTYLINE_${command.toUpperCase()}_`)
}
