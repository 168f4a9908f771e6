// Which server is meant, and with which token: flags over environment over the config file.

import type { Parsed } from "./flags.ts"
import { UsageError } from "./flags.ts"

export type Env = Record<string, string | undefined>

/** `url`: http, https or ssh. A token only ever comes from the environment or a file: command lines are everybody's to read. */
export type Target = { url: string; token?: string }

const SCHEMES = ["http:", "https:", "ssh:"]

/** Null when nothing names another server than one's own. Throws `UsageError` for an unknown profile or an unusable URL. */
export async function targetOf(values: Parsed["values"], env: Env): Promise<Target | null> {
  const given = { url: values.url as string | undefined, profile: values.profile as string | undefined }
  if (given.url && given.profile) throw new UsageError("--url and --profile both say which server")
  if (given.url) return checked("--url", given.url, env.PTYLINE_TOKEN)
  if (given.profile) return profileOf(given.profile, env)
  if (env.PTYLINE_URL) return checked("PTYLINE_URL", env.PTYLINE_URL, env.PTYLINE_TOKEN)
  if (env.PTYLINE_PROFILE) return profileOf(env.PTYLINE_PROFILE, env)
  return null
}

async function profileOf(name: string, _env: Env): Promise<Target> {
  throw new UsageError(`no profile ${JSON.stringify(name)}`)
}

function checked(origin: string, url: string, token?: string): Target {
  if (!URL.canParse(url) || !SCHEMES.includes(new URL(url).protocol))
    throw new UsageError(`${origin} takes http://, https:// or ssh://host, got ${JSON.stringify(url)}`)
  if (new URL(url).hash || new URL(url).password)
    throw new UsageError(`${origin}: a token does not belong on a command line; ptyline login asks for it`)
  return { url, token: token || undefined }
}
