// What MOP's surface asks of its attic, on the files of the store and the session's own processes (contract mop 3.7).

import type { Logger } from "@logtape/logtape"
import { z } from "zod"
import { reachableAt } from "../../../backends/process/listeners.ts"
import { membersOf, rootOf } from "../../../backends/process/tree.ts"
import type { Session } from "../../../core/session/session.ts"
import type { AtticRecord, MopAttic } from "./attic.ts"
import { AtticFiles } from "./files.ts"

/** Of the output, this many bytes are kept. */
const TAIL_BYTES = 64 << 10
/** So many archives that do not open are named. */
const MOST_NAMES = 100
/** How long a session's service has to say that it is one, in ms: an end that archives must answer within 2 s. */
const HELLO_MS = 500
/** How long `tell` may take in all, in ms. */
const TELL_MS = 5000
/** Longest answer of a session's service, in bytes. */
const MAX_ANSWER = 4 << 20

const Kept = z.object({
  program: z.string(),
  pickle: z.unknown(),
  port: z.union([z.int(), z.literal("Not Found")]),
})

/** Opens the archives of a data directory; those of another pepper are named in one warning and left as they are. */
export async function openAttic(data: string, pepper: Uint8Array, log: Logger): Promise<MopAttic> {
  const files = await AtticFiles.open(data, pepper)
  const strangers = await files.strangers()
  if (strangers.length > 0)
    log.warn("{count} archives cannot be opened with this pepper and are left as they are: {names}", {
      count: strangers.length,
      names: strangers.slice(0, MOST_NAMES).join(" ") + (strangers.length > MOST_NAMES ? " ..." : ""),
    })
  const load = async (id: string) => recordOf(await files.get(id))
  return {
    load,
    store: async (id, session, { tags, pickle }, end) => {
      const kept = pickle ?? (await load(id).catch(() => null))?.pickle ?? {}
      const service = await serviceOf(session)
      await end()
      await files.put(id, {
        ...factsOf(session),
        port: service ? portOf(service) : "Not Found",
        tags,
        pickle: kept,
      })
    },
    tell,
  }
}

function recordOf(content: unknown): AtticRecord {
  const parsed = Kept.safeParse(content)
  if (parsed.success) return parsed.data
  throw new Error("Corrupted data")
}

function factsOf({ spec, life: { exit }, log }: Session) {
  const start = Math.max(log.base, log.end - TAIL_BYTES)
  const tail = Buffer.from(log.slice(start, log.end - start)).toString("base64")
  return { program: spec.argv.join(" "), exit: exit && { code: exit.code, signal: exit.signal }, tail }
}

const portOf = (service: string): number => Number(new URL(service).port)

/** Where a program of the session offers MOP's service: what answers HEAD / with the header X-MOP. Null without one. */
async function serviceOf(session: Session): Promise<string | null> {
  if (session.life.exit) return null
  const places = reachableAt(membersOf(rootOf(session.life.pid, session.id))).map(at => `http://${at}/`)
  const answers = await Promise.all(places.map(isService))
  return places.find((_, i) => answers[i]) ?? null
}

const isService = (url: string): Promise<boolean> =>
  fetch(url, { method: "HEAD", redirect: "manual", signal: AbortSignal.timeout(HELLO_MS) }).then(
    answer => answer.headers.has("x-mop"),
    () => false,
  )

async function tell(session: Session, info: string): Promise<unknown> {
  const late = AbortSignal.timeout(TELL_MS)
  const service = await serviceOf(session)
  if (!service) throw new Error("Unable to get port")
  const answer = await fetch(`${service}mop/session`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ data: info }),
    redirect: "manual",
    signal: late,
  }).catch(error => {
    throw new Error(late.aborted ? "no answer within 5 s" : `no answer (${(error as Error).name})`)
  })
  const text = await boundedText(answer, late)
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

async function boundedText({ body }: Response, late: AbortSignal): Promise<string> {
  const pieces: Uint8Array[] = []
  let length = 0
  try {
    for await (const piece of body ?? []) {
      length += piece.byteLength
      if (length > MAX_ANSWER) break
      pieces.push(piece)
    }
  } catch {
    throw new Error(late.aborted ? "no answer within 5 s" : "the answer broke off")
  }
  if (length > MAX_ANSWER) throw new Error("the answer is too long")
  return Buffer.concat(pieces).toString("utf8")
}
