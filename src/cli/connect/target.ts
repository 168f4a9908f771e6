// Which server to use, and with which token: flags first, then the environment, then the config file.

import { configPath } from "../lib/config-path.ts"
import { type Parsed, UsageError, type Variables } from "../lib/flags.ts"
import type { ServerTarget } from "./profiles.ts"

const SCHEMES = ["http:", "https:", "ssh:"]

/**
 * Returns the server that flags, environment or config file name; null for the local one.
 * Throws `UsageError` for an unknown profile or an unusable URL.
 */
export async function targetOf(values: Parsed["values"], env: Variables): Promise<ServerTarget | null> {
  const given = { url: values.url as string | undefined, profile: values.profile as string | undefined }
  if (given.url && given.profile) throw new UsageError("--url and --profile exclude each other")
  const sources = [given, { url: env.PTYLINE_URL, profile: env.PTYLINE_PROFILE }]
  if (configPath(env) !== null)
    sources.push((await import("../lib/config.ts")).readConfig(env) as typeof given)
  const { url, profile } = sources.find(source => source.url || source.profile) ?? {}
  const token = env.PTYLINE_TOKEN || undefined
  if (url) return { url: checkedUrl("url", url), token }
  return profile ? (await import("./profiles.ts")).profileNamed(profile, env) : null
}

/** Returns `url` if it can be a server's and contains no secret. Throws `UsageError` otherwise. */
export function checkedUrl(origin: string, url: string): string {
  if (!URL.canParse(url) || !SCHEMES.includes(new URL(url).protocol))
    throw new UsageError(`${origin} takes http://, https:// or ssh://host, got ${JSON.stringify(url)}`)
  const { hash, password, search } = new URL(url)
  if (hash || password || search)
    throw new UsageError(`${origin}: a command line must not contain the token; ptyline login asks for it`)
  return url
}
