// The table of MOP's poll endpoints, which the routes and the documents use (contract mop, 2.2).

import type { Fact } from "../../../core/session/records.ts"
import type { Mop } from "../mop.ts"
import { type Json, MopError, type MopResponse, success } from "../responses.ts"
import type { MopSession } from "../session/mop-session.ts"
import { changeWaivers } from "../session/waivers.ts"
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

export const API_LEVEL = "1.1.1"

export type Endpoint = {
  path: string
  summary: string
  fields: Fields
  /** JSON Schema properties of a success, besides `status` and `code`. */
  result?: Json
  /** The 404 text for an unknown key. Without it the endpoint checks keys itself or needs none. */
  unknown?: string
  /** The 403 text when the public key is not allowed. */
  notPublic?: string
  /** Additional fields of a 422. */
  invalid?: Json
  run(mop: Mop, body: Json, mopSession: MopSession): MopResponse | Promise<MopResponse>
}

type Typed<F extends Fields> = Omit<Endpoint, "fields" | "run"> & {
  fields: F
  run(mop: Mop, body: Body<F>, mopSession: MopSession): MopResponse | Promise<MopResponse>
}

/** `run` gets the parsed body, and a session if `unknown` is set. */
const endpoint = <F extends Fields>(typed: Typed<F>): Endpoint => typed as unknown as Endpoint

const key = text
const strings: Json = { type: "array", items: { type: "string" } }
const hex = (length: number): Json => ({ type: "string", pattern: `^[0-9a-f]{${length}}$` })
const no = optional(flag, false)

const SIGNALS = { INTERRUPT: "INT", TERMINATE: "TERM", KILL: "KILL" } as const

/** All POST. */
export const ENDPOINTS: Endpoint[] = [
  endpoint({
    path: "/mop/init",
    summary: "Start a private copy of the server's command and return its key",
    fields: { echo: no, use_pipe: no, attic: optional(keyOrNone, null) },
    result: {
      key: hex(128),
      public_key: { type: "string" },
      attic: { type: "object", additionalProperties: true },
    },
    run: async (mop, { echo, use_pipe, attic }) => {
      const { key, publicKey, attic: record } = await mop.init({ echo, usePipe: use_pipe, attic })
      return success("Session started", { key, public_key: publicKey, ...(record && { attic: record }) })
    },
  }),
  endpoint({
    path: "/mop/alias",
    summary: "Get an alias that opens one WebSocket at /mop/power/sock/{alias}, once",
    fields: { key },
    result: { alias: { type: "string" }, comment: { type: "string" } },
    run: (mop, body) => {
      const comment = "the public session has one alias, which can be used many times"
      if (mop.isPublicKey(body.key)) return success("Created Alias", { alias: "Public", comment })
      const mopSession = mop.find(body.key)
      if (!mopSession) throw new MopError(404, "Invalid Key")
      return success("Created Alias", { alias: mop.alias(mopSession) })
    },
  }),
  endpoint({
    path: "/mop/validate",
    summary: "Check a session's key",
    fields: { key },
    run: (mop, body) => {
      if (mop.isPublicKey(body.key)) return success("Public key")
      if (mop.find(body.key)) return success("Key exists")
      throw new MopError(404, "Invalid key")
    },
  }),
  endpoint({
    path: "/mop/ping",
    summary: "Check that the process runs; 410 after its end",
    fields: { key },
    unknown: "Session not found",
    run: (_, __, mopSession) => {
      if (mopSession.alive) return success("Process is alive")
      throw new MopError(410, "Process is terminated")
    },
  }),
  endpoint({
    path: "/mop/read",
    summary: "Return the retained output in elements; consumes nothing",
    fields: { key },
    result: { stdout: strings, stderr: strings, output_hash: hex(32) },
    unknown: "Invalid key",
    run: async (_, __, mopSession) => {
      const { ended, body } = await mopSession.read()
      if (!ended) return { status: 200, body: `{${body},"code":0}` }
      return { status: 500, body: `{"status":"Task reached EOF","code":1,${body}}` }
    },
  }),
  endpoint({
    path: "/mop/write",
    summary: "Type into a session",
    fields: { key, stdin: text, newline: no },
    result: { position: { type: "integer", description: "in the public session's queue" } },
    unknown: "Invalid Key",
    run: async (_, { stdin, newline }, mopSession) => {
      const written = mopSession.write(stdin, newline)
      if (!mopSession.isPublic) return written.then(() => success("Wrote data"))
      written.catch(() => {})
      return success("Put into queue", { position: mopSession.pendingWrites })
    },
  }),
  endpoint({
    path: "/mop/waiver",
    summary: "Set or remove waivers: RAW_ANSI, B64_STDIN, STREAM_STDIN",
    fields: { key, waivers: optional(dictionary, {}), remove: optional(list, []) },
    unknown: "Invalid key",
    notPublic: "Cannot set waiver for public key",
    run: (_, { waivers, remove }, mopSession) => {
      if (Object.keys(waivers).length === 0 && remove.length === 0) return success("No waivers set")
      mopSession.waivers = changeWaivers(mopSession.waivers, waivers, remove)
      mopSession.save()
      return success("Waiver(s) set/removed")
    },
  }),
  endpoint({
    path: "/mop/signal",
    summary: "Signal a session and end it, unless keep is true",
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
      return success("Signal sent")
    },
  }),
  endpoint({
    path: "/mop/end",
    summary: "End a session: HUP and TERM, a second, KILL",
    fields: { key, pickle: optional(anything, {}) },
    unknown: "Invalid key",
    notPublic: "Cannot end public key session here",
    run: async (mop, { pickle }, mopSession) => {
      try {
        await mop.end(mopSession, pickle)
        return success("Session ended")
      } catch (error) {
        return success(`Session ended and failed to store to attic due to ${(error as Error).message}`)
      }
    },
  }),
  endpoint({
    path: "/mop/set_attic",
    summary: "Archive the session when it ends",
    fields: { key },
    unknown: "Invalid key",
    notPublic: "Cannot set attic flag for public key",
    run: (_, __, mopSession) => {
      mopSession.flagged = true
      mopSession.save()
      return success("Attic flag set")
    },
  }),
  endpoint({
    path: "/mop/attic/tell",
    summary: "Send data to the HTTP service of the session's process",
    fields: { key, info: text },
    result: { attic_response: {} },
    unknown: "Invalid key",
    notPublic: "Cannot tell process data for public key",
    run: async (mop, { info }, mopSession) => {
      try {
        if (!mop.attic) throw new Error("Unable to get port")
        return success("Sucessfully got attic output", {
          attic_response: await mop.attic.tell(mopSession.session, info),
        })
      } catch (error) {
        throw new MopError(500, `Failed to tell process data due to ${(error as Error).message}`)
      }
    },
  }),
  endpoint({
    path: "/mop/cosmetics/get_tags",
    summary: "Return a session's tags",
    fields: { key },
    result: { tags: { type: "array", items: {} } },
    unknown: "Invalid key",
    run: (_, __, { tags }) => ({ status: 200, body: { tags, code: 0 } }),
  }),
  endpoint({
    path: "/mop/cosmetics/set_tags",
    summary: "Replace a session's tags",
    fields: { key, tags: list },
    unknown: "Invalid key",
    notPublic: "Cannot set tags for public key",
    run: (_, { tags }, mopSession) => {
      mopSession.tags = tags as Fact[]
      mopSession.save()
      return success("Tags updated")
    },
  }),
]
