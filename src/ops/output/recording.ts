// The operation that exports a session, or a part of it, for players and for reading, and follows one that runs.

import { z } from "zod"
import { PtylineError } from "../../core/lib/errors.ts"
import type { Session } from "../../core/session/session.ts"
import { operation } from "../operation.ts"
import { From, SessionRef } from "../shapes.ts"
import { asciicast } from "./asciicast.ts"
import { checkRange, openSlice, type RangeRequest, type SessionSlice } from "./range.ts"
import { page, plainText } from "./transcript.ts"

type Writer = (part: SessionSlice) => AsyncGenerator<string>
type Format = "asciicast" | "asciicast-v2" | "text" | "html"

/** `live`: can it be written while it happens? */
const FORMATS: Record<Format, { type: string; write: Writer; live: boolean }> = {
  asciicast: { type: "application/x-asciicast", write: part => asciicast(part, 3), live: true },
  "asciicast-v2": { type: "application/x-asciicast", write: part => asciicast(part, 2), live: true },
  text: { type: "text/plain", write: plainText, live: false },
  html: { type: "text/html", write: page, live: false },
}
const NAMES = Object.keys(FORMATS) as Format[]
const Time = z.iso.datetime({ offset: true }).optional()

export const recording = operation({
  name: "recording",
  session: "id",
  summary:
    "Export a session, or follow it: an asciicast with its times, plain text, or a page that stands alone",
  access: "view",
  input: z.strictObject({
    id: SessionRef,
    format: z
      .enum(NAMES)
      .default("asciicast")
      .describe(`${NAMES.join(", ")}; asciicast is version 3, for asciinema 3 and later`),
    from: From,
    to: z.int().min(0).optional().describe("offset behind the last byte; the end by default"),
    since: Time.describe("only what happened from this time on (ISO 8601)"),
    until: Time.describe("only what happened up to this time (ISO 8601)"),
    follow: z.boolean().default(false).describe("go on until the session ends, for asciicasts"),
  }),
  output: z.custom<AsyncIterable<string>>(),
  http: {
    method: "GET",
    path: "/v1/sessions/:id/recording",
    media: {
      field: "format",
      types: Object.fromEntries(NAMES.map(name => [name, `${FORMATS[name].type}; charset=utf-8`])),
      streamed: true,
      saved: ["html"],
    },
  },
  cli: { name: "export", words: ["id"], file: true },
  run: ({ sessions, signal }, { id, format, since, until, follow, ...offsets }) => {
    const session = sessions.get(id)
    const { write, live } = FORMATS[format]
    if (follow && !live)
      throw new PtylineError("invalid_input", `${format} cannot be followed, an asciicast can`)
    if (follow && session.viewers.count >= sessions.limits.viewers)
      throw new PtylineError("limit_reached", `${session.viewers.count} viewers are attached`)
    const wish = { ...offsets, since: timeOf(since), until: timeOf(until), follow }
    checkRange(session, wish)
    return follow ? followed(session, wish, write, signal) : exported(session, wish, write, signal)
  },
})

const timeOf = (iso: string | undefined): number | undefined =>
  iso === undefined ? undefined : new Date(iso).getTime()

async function* exported(
  session: Session,
  wish: RangeRequest,
  write: Writer,
  signal: AbortSignal,
): AsyncGenerator<string> {
  yield* write(await openSlice(session, wish, signal))
}

/** Who follows is a viewer like others. */
async function* followed(
  session: Session,
  wish: RangeRequest,
  write: Writer,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const attachment = session.attach(false)
  try {
    yield* exported(session, wish, write, signal)
  } finally {
    attachment.detach()
  }
}
