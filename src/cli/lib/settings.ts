// One command's section of the config file. Loads the parser only if there is a file.

import { configPath } from "./config-path.ts"
import type { FileSettings, Variables } from "./flags.ts"

/** Returns one command's section. Throws `UsageError` for a mistake anywhere in the file. */
export async function settingsOf(section: string, env: Variables): Promise<FileSettings> {
  if (configPath(env) === null) return {}
  const { readConfig } = await import("./config.ts")
  return readConfig(env).sections[section] ?? {}
}
