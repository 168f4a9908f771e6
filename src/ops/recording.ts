// The operation that exports a session, or a part of it, for players and for reading.

import { z } from "zod"
import { PtylineError } from "../core/errors.ts"
import type { Session } from "../core/session.ts"
import { decode, stripEscapes } from "../core/text.ts"
import { asciicast } from "./asciicast.ts"
import { operation } from "./operation.ts"
import { restAt, startOf } from "./read.ts"
import { From, SessionRef } from "./shapes.ts"

export const recording = operation({
  name: "recording",
  summary: "Export a session's output with its times as an asciicast (version 3), or as plain text",
  access: "view",
  input: z.strictObject({
    id: SessionRef,
    format: z.enum(["asciicast", "text"]).default("asciicast").describe("asciicast or text"),
    from: From,
    to: z.int().min(0).optional().describe("offset behind the last byte; the end by default"),
  }),
  output: z.string(),
  http: {
    method: "GET",
    path: "/v1/sessions/:id/recording",
    media: {
      field: "format",
      types: { asciicast: "application/x-asciicast; charset=utf-8", text: "text/plain; charset=utf-8" },
    },
  },
  cli: { name: "export", words: ["id"], print: output => output },
  run: ({ sessions }, { id, format, from, to }) => {
    const session = sessions.get(id)
    const range = rangeOf(session, from, to)
    return format === "text" ? textOf(session, ...range) : asciicast(session, ...range)
  },
})

/** Both ends inside the log and between characters. */
function rangeOf({ log }: Session, from: number | undefined, to = log.end): [from: number, to: number] {
  const asked = Math.max(startOf(log, from), log.base)
  const start = asked + restAt(log, asked)
  const end = Math.min(to, log.end)
  if (end < start) throw new PtylineError("invalid_input", `to is ${to}, before from, which is ${start}`)
  return [start, end]
}

const textOf = ({ log }: Session, from: number, to: number): string =>
  decode(stripEscapes(log.slice(from, to - from), true).bytes).replaceAll("\r\n", "\n")
