// `ptyline config`: prints every setting, its value, and where the value comes from.

import { type ConfigFile, readConfig, SECTIONS } from "../lib/config.ts"
import {
  isSetting,
  type Parsed,
  refuseWord,
  type Source,
  settled,
  type Variables,
  variableOf,
} from "../lib/flags.ts"
import { put } from "../lib/print.ts"

type Setting = { key: string; value: unknown; source: Source; from: string | null }

/** Prints one line per setting. Resolves with the exit code. */
export async function config({ values, words }: Parsed, env: Variables): Promise<number> {
  refuseWord(words[0])
  const file = readConfig(env)
  const settings = [...servers(file, env), ...Object.keys(SECTIONS).flatMap(name => section(name, file, env))]
  await put(1, values.json ? `${JSON.stringify({ file: file.path, settings })}\n` : lines(settings))
  return 0
}

/** The settings url and profile. The token is never printed. */
function servers(file: ConfigFile, env: Variables): Setting[] {
  return (["url", "profile"] as const).map(key => {
    const variable = `PTYLINE_${key.toUpperCase()}`
    if (env[variable]) return { key, value: env[variable], source: "environment", from: variable }
    const written = file[key]
    return written === undefined
      ? { key, value: null, source: "default", from: null }
      : { key, value: written, source: "file", from: file.path }
  })
}

function section(name: string, file: ConfigFile, env: Variables): Setting[] {
  const { flags, prefix } = SECTIONS[name]!
  return Object.entries(flags).flatMap(([flag, entry]) => {
    if (!isSetting(entry, prefix)) return []
    const { value = null, source } = settled(flag, entry, env, file.sections[name] ?? {}, prefix)
    const from = source === "file" ? file.path : source === "environment" ? variableOf(flag, prefix) : null
    return [{ key: `${name}.${flag.replaceAll("-", "_")}`, value, source, from }]
  })
}

function lines(settings: Setting[]): string {
  const rows = settings.map(({ key, value, source, from }) => [
    key,
    value === null ? "-" : JSON.stringify(value),
    from ?? source,
  ])
  const widths = [0, 1].map(i => Math.min(40, Math.max(...rows.map(row => row[i]!.length))))
  return rows
    .map(([key, value, from]) => `${key!.padEnd(widths[0]!)}  ${value!.padEnd(widths[1]!)}  ${from}\n`)
    .join("")
}
