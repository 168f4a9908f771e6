// The attic: the archive of flagged sessions (contract mop, 3.7).

import type { Logger } from "@logtape/logtape"
import { z } from "zod"
import type { Session } from "../../../core/session/session.ts"
import { AtticFiles } from "./files.ts"
import { serviceOf, tell } from "./service.ts"

const TAIL_BYTES = 64 << 10
/** Most unreadable archives that the warning names. */
const MAX_NAMES = 100

const AtticRecord = z.object({
  program: z.string(),
  pickle: z.unknown(),
  port: z.union([z.int(), z.literal("Not Found")]),
})
/** The record that `init{attic}` returns. */
export type AtticRecord = z.infer<typeof AtticRecord>

/** `id` is the hash of a key. Clients see error messages such as "Not found" and "Corrupted data". */
export interface MopAttic {
  load(id: string): Promise<AtticRecord>
  /** Calls `end` once, after asking the process for its port. Without `pickle` the earlier one stays. */
  store(
    id: string,
    session: Session,
    data: { tags: unknown[]; pickle?: unknown },
    end: () => Promise<void>,
  ): Promise<void>
  /** Sends `info` to the session's own service. Resolves with the response body, parsed if it is JSON. */
  tell(session: Session, info: string): Promise<unknown>
}

/** Opens the attic of a data directory. Archives of another pepper stay unchanged; one warning names them. */
export async function openAttic(data: string, pepper: Uint8Array, log: Logger): Promise<MopAttic> {
  const files = await AtticFiles.open(data, pepper)
  const foreign = await files.foreign()
  if (foreign.length > 0)
    log.warn("{count} archives cannot be opened with this pepper and are left unchanged: {names}", {
      count: foreign.length,
      names: foreign.slice(0, MAX_NAMES).join(" ") + (foreign.length > MAX_NAMES ? " ..." : ""),
    })
  const load = async (id: string) => parseRecord(await files.get(id))
  return {
    load,
    store: async (id, session, { tags, pickle }, end) => {
      const latest = pickle ?? (await load(id).catch(() => null))?.pickle ?? {}
      const service = await serviceOf(session)
      await end()
      await files.put(id, {
        ...sessionFields(session),
        port: service ? Number(new URL(service).port) : "Not Found",
        tags,
        pickle: latest,
      })
    },
    tell,
  }
}

function parseRecord(content: unknown): AtticRecord {
  const parsed = AtticRecord.safeParse(content)
  if (parsed.success) return parsed.data
  throw new Error("Corrupted data")
}

function sessionFields({ spec, life: { exit }, log }: Session) {
  const start = Math.max(log.base, log.end - TAIL_BYTES)
  const tail = Buffer.from(log.slice(start, log.end - start)).toString("base64")
  return { program: spec.argv.join(" "), exit: exit && { code: exit.code, signal: exit.signal }, tail }
}
