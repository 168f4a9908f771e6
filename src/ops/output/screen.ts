// The operation screen: a session's screen as text, JSON, coloured text or an SVG picture.

import { z } from "zod"
import type { Session } from "../../core/session/session.ts"
import type { ScreenEngine, ScreenView } from "../../screen/engine.ts"
import { picture } from "../../screen/render/picture.ts"
import { screens } from "../../screen/screens.ts"
import { operation } from "../operation.ts"
import { SessionRef } from "../shapes.ts"

const ScreenFacts = z.object({
  cols: z.int(),
  rows: z.int(),
  lines: z.array(z.string()).describe("the rows, without trailing blanks"),
  cursor: z.object({ x: z.int(), y: z.int(), visible: z.boolean() }).describe("counted from 0"),
  alt: z.boolean().describe("whether the alternate screen is shown, as by full-screen programs"),
  title: z.string(),
  modes: z.object({
    application_cursor: z.boolean(),
    application_keypad: z.boolean(),
    bracketed_paste: z.boolean(),
    insert: z.boolean(),
    origin: z.boolean(),
    wraparound: z.boolean(),
    focus_events: z.boolean(),
    mouse: z.enum(["none", "x10", "vt200", "drag", "any"]),
    mouse_encoding: z.enum(["default", "sgr", "sgr-pixels"]),
  }),
  offset: z.int().describe("the screen includes all output before this offset"),
})
type ScreenFacts = z.infer<typeof ScreenFacts>

const PLAIN = "text/plain; charset=utf-8"

export const screen = operation({
  name: "screen",
  session: "id",
  summary: "Show a session's screen: text, JSON with cursor and modes, coloured text, or a picture",
  access: "view",
  input: z.strictObject({
    id: SessionRef,
    format: z.enum(["text", "json", "ansi", "svg"]).default("text").describe("text, json, ansi or svg"),
  }),
  output: z.union([z.string(), ScreenFacts]),
  http: {
    method: "GET",
    path: "/v1/sessions/:id/screen",
    media: { field: "format", types: { text: PLAIN, ansi: PLAIN, svg: "image/svg+xml; charset=utf-8" } },
  },
  cli: {
    name: "screen",
    words: ["id"],
    short: { svg: { description: "a picture; same as --format svg", input: { format: "svg" } } },
    print: output => (typeof output === "string" ? output : `${JSON.stringify(output, null, 2)}\n`),
  },
  run: ({ sessions }, { id, format }) => {
    const session: Session = sessions.get(id)
    return screens.withScreen(session, (engine, offset) => SHOWN[format](engine, offset))
  },
})

const SHOWN: Record<
  "text" | "json" | "ansi" | "svg",
  (engine: ScreenEngine, offset: number) => string | ScreenFacts
> = {
  text: engine => textOf(linesOf(engine.view())),
  json: (engine, offset) => factsOf(engine.view(), offset),
  ansi: engine => textOf(engine.coloured()),
  svg: engine => picture(engine.view()),
}

/** Leaves out blank rows at the end. */
function textOf(lines: string[]): string {
  const last = lines.findLastIndex(line => line !== "")
  return lines
    .slice(0, last + 1)
    .map(line => `${line}\n`)
    .join("")
}

const linesOf = ({ rows }: ScreenView): string[] =>
  rows.map(runs =>
    runs
      .map(run => run.text)
      .join("")
      .trimEnd(),
  )

function factsOf(view: ScreenView, offset: number): ScreenFacts {
  const { size, cursor, alt, title, modes } = view
  return { ...size, lines: linesOf(view), cursor, alt, title, modes, offset }
}
