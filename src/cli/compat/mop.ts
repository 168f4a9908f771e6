// MOP's surface put together for a server that has a command (contract mop, 2.7).

import type { Logger } from "@logtape/logtape"
import { openAttic } from "../../compat/mop/attic/service.ts"
import { customEndpoints } from "../../compat/mop/http/custom.ts"
import type { MopSurface } from "../../compat/mop/http/routes.ts"
import { Mop } from "../../compat/mop/mop.ts"
import type { Sessions } from "../../core/registry/sessions.ts"
import { loadPepper } from "../../store/secrets/pepper.ts"
import type { ServeOptions } from "../serve/options.ts"

/** `directory`: the data directory. Throws what a wrong file in it deserves. Sessions that were kept are taken up. */
export async function openMop(
  { argv, publicProcess: publicSession, rateLimit }: ServeOptions,
  sessions: Sessions,
  directory: string,
  env: Record<string, string | undefined>,
  log: Logger,
): Promise<MopSurface> {
  const pepper = loadPepper(directory)
  const attic = await openAttic(directory, pepper, log)
  const mop = new Mop({ sessions, argv, pepper, publicSession, attic })
  await mop.recover()
  // loaded where it is wanted: it takes as long as much of the rest of the server
  const limits = rateLimit ? new (await import("../../compat/mop/http/rate-limits.ts")).MopRateLimits() : null
  return { mop, limits, custom: customEndpoints(directory), directory, env }
}
