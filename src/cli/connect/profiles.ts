// Servers kept by `ptyline login`: their addresses and tokens, in a file that is its owner's alone.

import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { z } from "zod"
import { UsageError } from "../lib/flags.ts"
import { nearest } from "../lib/nearest.ts"
import { configDirectory } from "../lib/settings.ts"
import type { ServerTarget, Variables } from "./target.ts"

const Profiles = z.record(z.string(), z.strictObject({ url: z.string(), token: z.string().optional() }))
type Profiles = z.infer<typeof Profiles>

const pathOf = (env: Variables): string => join(configDirectory(env), "profiles.json")

/** Throws `UsageError` naming those that are close. */
export function profileNamed(name: string, env: Variables): ServerTarget {
  const profiles = readProfiles(env)
  if (Object.hasOwn(profiles, name)) return profiles[name]!
  const close = nearest(name, Object.keys(profiles))
  const known = close.length > 0 ? `; did you mean ${close.join(", ")}?` : "; ptyline login keeps one"
  throw new UsageError(`no profile ${JSON.stringify(name)}${known}`)
}

function readProfiles(env: Variables): Profiles {
  const path = pathOf(env)
  try {
    return Profiles.parse(JSON.parse(readFileSync(path, "utf8")))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {}
    throw new UsageError(`cannot read ${path}: it is no list of profiles`)
  }
}

/** Keeps or, with null, forgets one. */
export function writeProfile(name: string, profile: ServerTarget | null, env: Variables): void {
  const { [name]: before, ...others } = readProfiles(env)
  if (!profile && !before) throw new UsageError(`no profile ${JSON.stringify(name)}`)
  const path = pathOf(env)
  mkdirSync(configDirectory(env), { recursive: true, mode: 0o700 })
  const text = JSON.stringify(profile ? { ...others, [name]: profile } : others, null, 2)
  writeFileSync(`${path}.${process.pid}`, `${text}\n`, { mode: 0o600 })
  chmodSync(`${path}.${process.pid}`, 0o600)
  renameSync(`${path}.${process.pid}`, path)
}
