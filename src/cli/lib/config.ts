// The config file, TOML or JSON: read and checked against the flags that are settings.

import { readFileSync } from "node:fs"
import { parse } from "smol-toml"
import { z } from "zod"
import { ATTACH_FLAGS } from "../attach/flags.ts"
import { EXPECT_FLAGS } from "../expect/flags.ts"
import { RUN_FLAGS } from "../run/flags.ts"
import { SERVE_FLAGS } from "../serve/flags.ts"
import { configPath } from "./config-path.ts"
import { type FileSettings, type Flag, type Flags, isSetting, UsageError, type Variables } from "./flags.ts"
import { nearest } from "./nearest.ts"

/** The commands that have settings: their flags and the prefix of their environment variables. */
export const SECTIONS: Record<string, { flags: Flags; prefix: string }> = {
  serve: { flags: SERVE_FLAGS, prefix: "PTYLINE_" },
  run: { flags: RUN_FLAGS, prefix: "PTYLINE_RUN_" },
  attach: { flags: ATTACH_FLAGS, prefix: "PTYLINE_ATTACH_" },
  expect: { flags: EXPECT_FLAGS, prefix: "PTYLINE_EXPECT_" },
}

function valueSchema({ type, multiple }: Flag): z.ZodType<FileSettings[string]> {
  if (type === "boolean") return z.boolean()
  return multiple ? z.array(z.string()) : z.union([z.string(), z.number()])
}

/** Both spellings of a flag in the file: log-limit and log_limit. */
const fileNames = (flag: string): string[] => [...new Set([flag.replaceAll("-", "_"), flag])]

const sectionSchema = ({ flags, prefix }: (typeof SECTIONS)[string]) =>
  z.strictObject(
    Object.fromEntries(
      Object.entries(flags)
        .filter(([, flag]) => isSetting(flag, prefix))
        .flatMap(([name, flag]) => fileNames(name).map(key => [key, valueSchema(flag).optional()])),
    ),
  )

const Config = z.strictObject({
  url: z.string().optional(),
  profile: z.string().optional(),
  ...Object.fromEntries(
    Object.entries(SECTIONS).map(([name, section]) => [name, sectionSchema(section).optional()]),
  ),
})

export type ConfigFile = {
  path: string | null
  url?: string
  profile?: string
  sections: Record<string, FileSettings>
}

/** Reads the config file; empty without one. Throws `UsageError` with file, key and the nearest known key. */
export function readConfig(env: Variables): ConfigFile {
  const path = configPath(env)
  if (path === null) return { path, sections: {} }
  const { url, profile, ...sections } = checked(path, parsed(path))
  const named = Object.entries(sections).map(([name, section]) => [
    name,
    withFlagNames(section as FileSettings),
  ])
  return { path, url, profile, sections: Object.fromEntries(named) }
}

const withFlagNames = (section: FileSettings): FileSettings =>
  Object.fromEntries(Object.entries(section).map(([key, value]) => [key.replaceAll("_", "-"), value]))

function parsed(path: string): unknown {
  try {
    const text = readFileSync(path, "utf8")
    return path.endsWith(".json") ? JSON.parse(text) : parse(text)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new UsageError(code ? `cannot read ${path}: ${code}` : `${path}: ${message.split("\n")[0]}`)
  }
}

function checked(path: string, value: unknown): z.infer<typeof Config> {
  const result = Config.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  if (issue?.code === "unrecognized_keys") throw unknownKey(path, issue.path.map(String), issue.keys[0]!)
  throw new UsageError(`${path}: ${issue?.path.join(".") || "the file"}: ${issue?.message}`)
}

function unknownKey(path: string, place: string[], key: string): UsageError {
  const names = place[0] ? settingNames(place[0]) : ["url", "profile", ...Object.keys(SECTIONS)]
  const [close] = nearest(key, names)
  const hint = close ? `; did you mean ${[...place, close].join(".")}?` : ""
  return new UsageError(`${path}: unknown key ${[...place, key].join(".")}${hint}`)
}

/** The settings of one section, as the file spells them. */
const settingNames = (section: string): string[] => {
  const { flags, prefix } = SECTIONS[section] ?? { flags: {}, prefix: "" }
  return Object.keys(flags)
    .filter(name => isSetting(flags[name]!, prefix))
    .map(name => name.replaceAll("-", "_"))
}
