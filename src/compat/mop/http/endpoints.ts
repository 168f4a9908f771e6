// The poll endpoints, said once: path, fields, texts and what each does (contract mop, 2.2). Routes and documents read this table.

import type { Fact } from "../../../core/session/records.ts"
import type { Mop } from "../mop.ts"
import type { MopSession } from "../session/mop-session.ts"
import { changed } from "../session/waivers.ts"
import {
  anything,
  type Body,
  choice,
  dictionary,
  type Fields,
  flag,
  keyOrNone,
  list,
  optional,
  text,
} from "./fields.ts"
import { done, type Json, type MopResponse, MopError } from "../responses.ts"

/** The level of MOP's API that is spoken. */
export const API_LEVEL = "1.1.1"

export type Endpoint = {
  path: string
  summary: string
  fields: Fields
  /** What a success says besides `status` and `code`, as JSON Schema properties. */
  answer?: Json
  /** The text of 404 for a key that opens nothing; without one the endpoint looks at keys itself, or needs none. */
  unknown?: string
  /** The text of 403 for the public key, where that may not. */
  notPublic?: string
  /** Added to a 422. */
  invalid?: Json
  run(mop: Mop, body: Json, mopSession: MopSession): MopResponse | Promise<MopResponse>
}

type Typed<F extends Fields> = Omit<Endpoint, "fields" | "run"> & {
  fields: F
  run(mop: Mop, body: Body<F>, mopSession: MopSession): MopResponse | Promise<MopResponse>
}

/** The body has been read by `fields` when `run` gets it; `mopSession` is there when `unknown` is. */
const endpoint = <F extends Fields>(typed: Typed<F>): Endpoint => typed as unknown as Endpoint

const key = text
const strings: Json = { type: "array", items: { type: "string" } }
const hex = (length: number): Json => ({ type: "string", pattern: `^[0-9a-f]{${length}}$` })
const no = optional(flag, false)

const init = endpoint({
  path: "/mop/init",
  summary: "Start a private copy of the server's command; its key is in the answer",
  fields: { echo: no, use_pipe: no, attic: optional(keyOrNone, null) },
  answer: {
    key: hex(128),
    public_key: { type: "string" },
    attic: { type: "object", additionalProperties: true },
  },
  run: async (mop, { echo, use_pipe, attic }) => {
    const { key, publicKey, attic: record } = await mop.init({ echo, usePipe: use_pipe, attic })
    return done("Session started", { key, public_key: publicKey, ...(record && { attic: record }) })
  },
})

const alias = endpoint({
  path: "/mop/alias",
  summary: "Get an alias that opens one WebSocket at /mop/power/sock/{alias}, once",
  fields: { key },
  answer: { alias: { type: "string" }, comment: { type: "string" } },
  run: (mop, body) => {
    const comment = "the public session has one alias, which does not wear out"
    if (mop.isPublicKey(body.key)) return done("Created Alias", { alias: "Public", comment })
    const mopSession = mop.find(body.key)
    if (!mopSession) throw new MopError(404, "Invalid Key")
    return done("Created Alias", { alias: mop.alias(mopSession) })
  },
})

const validate = endpoint({
  path: "/mop/validate",
  summary: "Is this a key of a session?",
  fields: { key },
  run: (mop, body) => {
    if (mop.isPublicKey(body.key)) return done("Public key")
    if (mop.find(body.key)) return done("Key exists")
    throw new MopError(404, "Invalid key")
  },
})

const ping = endpoint({
  path: "/mop/ping",
  summary: "Does the process live? 410 when it ended",
  fields: { key },
  unknown: "Session not found",
  run: (_, __, mopSession) => {
    if (mopSession.alive) return done("Process is alive")
    throw new MopError(410, "Process is terminated")
  },
})

const read = endpoint({
  path: "/mop/read",
  summary: "All output that is retained, in elements; reading consumes nothing",
  fields: { key },
  answer: { stdout: strings, stderr: strings, output_hash: hex(32) },
  unknown: "Invalid key",
  run: async (_, __, mopSession) => {
    const { ended, body } = await mopSession.read()
    if (!ended) return { status: 200, body: `{${body},"code":0}` }
    return { status: 500, body: `{"status":"Task reached EOF","code":1,${body}}` }
  },
})

const write = endpoint({
  path: "/mop/write",
  summary: "Type into a session",
  fields: { key, stdin: text, newline: no },
  answer: { position: { type: "integer", description: "in the queue of the public session" } },
  unknown: "Invalid Key",
  run: async (_, { stdin, newline }, mopSession) => {
    const written = mopSession.write(stdin, newline)
    if (!mopSession.isPublic) return written.then(() => done("Wrote data"))
    written.catch(() => {})
    return done("Put into queue", { position: mopSession.pendingWrites })
  },
})

const waiver = endpoint({
  path: "/mop/waiver",
  summary: "Set or remove waivers: RAW_ANSI, B64_STDIN, STREAM_STDIN",
  fields: { key, waivers: optional(dictionary, {}), remove: optional(list, []) },
  unknown: "Invalid key",
  notPublic: "Cannot set waiver for public key",
  run: (_, { waivers, remove }, mopSession) => {
    if (Object.keys(waivers).length === 0 && remove.length === 0) return done("No waivers set")
    mopSession.waivers = changed(mopSession.waivers, waivers, remove)
    mopSession.keep()
    return done("Waiver(s) set/removed")
  },
})

const SIGNALS = { INTERRUPT: "INT", TERMINATE: "TERM", KILL: "KILL" } as const

const signal = endpoint({
  path: "/mop/signal",
  summary: "Signal a session; that ends it, unless keep is true",
  fields: { key, signal: choice("INTERRUPT", "TERMINATE", "KILL"), keep: no },
  unknown: "Invalid key",
  notPublic: "Cannot send any signal to public key",
  invalid: { status: "Invalid signal", code: 1 },
  run: (mop, { signal, keep }, mopSession) => {
    try {
      if (signal === "INTERRUPT" && mopSession.session.tty) mopSession.session.write(Uint8Array.of(0x03))
      mopSession.session.signal(SIGNALS[signal])
    } catch {
      throw new MopError(500, "Failed to send signal")
    }
    if (!keep) mop.end(mopSession).catch(() => {})
    return done("Signal sent")
  },
})

const end = endpoint({
  path: "/mop/end",
  summary: "End a session: HUP and TERM, a second, KILL",
  fields: { key, pickle: optional(anything, {}) },
  unknown: "Invalid key",
  notPublic: "Cannot end public key session here",
  run: async (mop, { pickle }, mopSession) => {
    try {
      await mop.end(mopSession, pickle)
      return done("Session ended")
    } catch (error) {
      return done(`Session ended and failed to store to attic due to ${(error as Error).message}`)
    }
  },
})

const setAttic = endpoint({
  path: "/mop/set_attic",
  summary: "Have the session archived when it ends",
  fields: { key },
  unknown: "Invalid key",
  notPublic: "Cannot set attic flag for public key",
  run: (_, __, mopSession) => {
    mopSession.flagged = true
    mopSession.keep()
    return done("Attic flag set")
  },
})

const tell = endpoint({
  path: "/mop/attic/tell",
  summary: "Pass data to the service that the session's process offers on a port of its own",
  fields: { key, info: text },
  answer: { attic_response: {} },
  unknown: "Invalid key",
  notPublic: "Cannot tell process data for public key",
  run: async (mop, { info }, mopSession) => {
    try {
      if (!mop.attic) throw new Error("Unable to get port")
      return done("Sucessfully got attic output", {
        attic_response: await mop.attic.tell(mopSession.session, info),
      })
    } catch (error) {
      throw new MopError(500, `Failed to tell process data due to ${(error as Error).message}`)
    }
  },
})

const getTags = endpoint({
  path: "/mop/cosmetics/get_tags",
  summary: "A session's tags",
  fields: { key },
  answer: { tags: { type: "array", items: {} } },
  unknown: "Invalid key",
  run: (_, __, { tags }) => ({ status: 200, body: { tags, code: 0 } }),
})

const setTags = endpoint({
  path: "/mop/cosmetics/set_tags",
  summary: "Replace a session's tags",
  fields: { key, tags: list },
  unknown: "Invalid key",
  notPublic: "Cannot set tags for public key",
  run: (_, { tags }, mopSession) => {
    mopSession.tags = tags as Fact[]
    mopSession.keep()
    return done("Tags updated")
  },
})

/** All POST. */
export const ENDPOINTS: Endpoint[] = [
  init,
  alias,
  validate,
  ping,
  read,
  write,
  waiver,
  signal,
  end,
  setAttic,
  tell,
  getTags,
  setTags,
]
