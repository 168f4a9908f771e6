// The operation recording: exports a session or a range of it, or follows a running one.

import { z } from "zod"
import { PtylineError } from "../../core/lib/errors.ts"
import type { Session } from "../../core/session/session.ts"
import { operation } from "../operation.ts"
import { From, SessionRef } from "../shapes.ts"
import { asciicast } from "./asciicast.ts"
import { checkRange, openSlice, type RangeRequest, type SessionSlice } from "./range.ts"
import { page, plainText } from "./transcript.ts"

type Writer = (slice: SessionSlice) => AsyncGenerator<string>
type Format = "asciicast" | "asciicast-v2" | "text" | "html"

/** `live`: the format can be written while the session runs. */
const FORMATS: Record<Format, { type: string; write: Writer; live: boolean }> = {
  asciicast: { type: "application/x-asciicast", write: slice => asciicast(slice, 3), live: true },
  "asciicast-v2": { type: "application/x-asciicast", write: slice => asciicast(slice, 2), live: true },
  text: { type: "text/plain", write: plainText, live: false },
  html: { type: "text/html", write: page, live: false },
}
const NAMES = Object.keys(FORMATS) as Format[]
const Time = z.iso.datetime({ offset: true }).optional()

export const recording = operation({
  name: "recording",
  session: "id",
  summary: "Export or follow a session: as an asciicast, plain text, or a self-contained HTML page",
  access: "view",
  input: z.strictObject({
    id: SessionRef,
    format: z
      .enum(NAMES)
      .default("asciicast")
      .describe(`${NAMES.join(", ")}; asciicast is version 3, for asciinema 3 and later`),
    from: From,
    to: z.int().min(0).optional().describe("offset after the last byte; default: the end"),
    since: Time.describe("only from this time on (ISO 8601)"),
    until: Time.describe("only up to this time (ISO 8601)"),
    follow: z.boolean().default(false).describe("continue until the session ends; asciicasts only"),
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
      throw new PtylineError("invalid_input", `${format} cannot be followed; use asciicast`)
    if (follow && session.viewers.count >= sessions.limits.viewers)
      throw new PtylineError(
        "limit_reached",
        `the session has ${session.viewers.count} viewers, which is the limit`,
      )
    const range = { ...offsets, since: timeOf(since), until: timeOf(until), follow }
    checkRange(session, range)
    return exported(session, range, write, signal)
  },
})

const timeOf = (iso: string | undefined): number | undefined =>
  iso === undefined ? undefined : new Date(iso).getTime()

/** Counts as a viewer while it follows the session. */
async function* exported(
  session: Session,
  range: RangeRequest,
  write: Writer,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const attachment = range.follow ? session.attach(false) : null
  try {
    yield* write(await openSlice(session, range, signal))
  } finally {
    attachment?.detach()
  }
}
