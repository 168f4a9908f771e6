// Opens MOP's surface for a server that was started with a command (contract mop, 2.7).

import type { Logger } from "@logtape/logtape"
import { openAttic } from "../../compat/mop/attic/attic.ts"
import { customEndpoints } from "../../compat/mop/http/custom.ts"
import type { MopSurface } from "../../compat/mop/http/routes.ts"
import { Mop } from "../../compat/mop/mop.ts"
import type { Sessions } from "../../core/registry/sessions.ts"
import { loadPepper } from "../../store/secrets/pepper.ts"
import type { Variables } from "../lib/flags.ts"
import type { ServeOptions } from "../serve/options.ts"

/** Recovers MOP's sessions from the data directory. Throws if a file in it is invalid. */
export async function openMop(
  { argv, publicProcess: publicSession, rateLimit }: ServeOptions,
  sessions: Sessions,
  directory: string,
  env: Variables,
  log: Logger,
): Promise<MopSurface> {
  const pepper = loadPepper(directory)
  const attic = await openAttic(directory, pepper, log)
  const mop = new Mop({ sessions, argv, pepper, publicSession, attic })
  await mop.recover()
  // loaded on demand: loading it takes as long as loading much of the server
  const limits = rateLimit ? new (await import("../../compat/mop/http/rate-limits.ts")).MopRateLimits() : null
  return { mop, limits, custom: customEndpoints(directory), directory, env }
}
