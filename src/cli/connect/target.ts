// Which server is meant, and with which token: flags over environment over the config file.

import { type Parsed, UsageError } from "../lib/flags.ts"
import { configPath } from "../lib/settings.ts"

export type Variables = Record<string, string | undefined>

/** `url`: http, https or ssh. A token only ever comes from the environment or a file: command lines are everybody's to read. */
export type ServerTarget = { url: string; token?: string }

const SCHEMES = ["http:", "https:", "ssh:"]

/** Null when nothing names another server than one's own. Throws `UsageError` for an unknown profile or an unusable URL. */
export async function targetOf(values: Parsed["values"], env: Variables): Promise<ServerTarget | null> {
  const given = { url: values.url as string | undefined, profile: values.profile as string | undefined }
  if (given.url && given.profile) throw new UsageError("--url and --profile both say which server")
  const sources = [given, { url: env.PTYLINE_URL, profile: env.PTYLINE_PROFILE }]
  if (configPath(env) !== null)
    sources.push((await import("../lib/config.ts")).readConfig(env) as typeof given)
  const { url, profile } = sources.find(source => source.url || source.profile) ?? {}
  const token = env.PTYLINE_TOKEN || undefined
  if (url) return { url: checkedUrl("url", url), token }
  return profile ? (await import("./profiles.ts")).profileNamed(profile, env) : null
}

/** The URL as it is, if it can be one of a server and has no secret in it. Throws `UsageError`. */
export function checkedUrl(origin: string, url: string): string {
  if (!URL.canParse(url) || !SCHEMES.includes(new URL(url).protocol))
    throw new UsageError(`${origin} takes http://, https:// or ssh://host, got ${JSON.stringify(url)}`)
  const { hash, password, search } = new URL(url)
  if (hash || password || search)
    throw new UsageError(`${origin}: a token does not belong on a command line; ptyline login asks for it`)
  return url
}
