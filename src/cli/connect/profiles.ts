// Profiles: addresses and tokens saved by `ptyline login`, in a file that only its owner can read.

import { mkdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { z } from "zod"
import { replaceFile } from "../../store/state/files.ts"
import { configDirectory } from "../lib/config-path.ts"
import { UsageError, type Variables } from "../lib/flags.ts"
import { nearest } from "../lib/nearest.ts"

/**
 * `url`: http, https or ssh. The token comes from the environment or a file only: other users can read
 * command lines.
 */
export type ServerTarget = { url: string; token?: string }

const Profiles = z.record(z.string(), z.strictObject({ url: z.string(), token: z.string().optional() }))
type Profiles = z.infer<typeof Profiles>

const pathOf = (env: Variables): string => join(configDirectory(env), "profiles.json")

/** Returns a saved profile. Throws `UsageError` with similar names when it is unknown. */
export function profileNamed(name: string, env: Variables): ServerTarget {
  const profiles = readProfiles(env)
  if (Object.hasOwn(profiles, name)) return profiles[name]!
  const close = nearest(name, Object.keys(profiles))
  const hint = close.length > 0 ? `did you mean ${close.join(", ")}?` : "save one with: ptyline login URL"
  throw new UsageError(`no profile ${JSON.stringify(name)}; ${hint}`)
}

function readProfiles(env: Variables): Profiles {
  const path = pathOf(env)
  try {
    return Profiles.parse(JSON.parse(readFileSync(path, "utf8")))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {}
    throw new UsageError(`cannot read ${path}: it is not a list of profiles; fix or remove it`)
  }
}

/** Saves a profile, or removes it when `profile` is null. */
export function writeProfile(name: string, profile: ServerTarget | null, env: Variables): void {
  const { [name]: existing, ...others } = readProfiles(env)
  if (!profile && !existing) throw new UsageError(`no profile ${JSON.stringify(name)}`)
  const path = pathOf(env)
  mkdirSync(configDirectory(env), { recursive: true, mode: 0o700 })
  const text = JSON.stringify(profile ? { ...others, [name]: profile } : others, null, 2)
  replaceFile(path, Buffer.from(`${text}\n`))
}
