// A part of a session for reading: as plain text or as a page, drawn as a terminal would have shown it.

import type { ScreenRow } from "../../screen/engine.ts"
import { htmlOfRows, PAGE_END, pageBegin, textOfRows } from "../../screen/render/document.ts"
import { Transcript } from "../../screen/render/transcript.ts"
import { stateText } from "../sessions/table.ts"
import type { SessionSlice } from "./range.ts"

/** Lines of text. */
export async function* plainText(part: SessionSlice): AsyncGenerator<string> {
  let first = true
  for await (const rows of rowsOf(part)) {
    yield textOfRows(rows, first)
    first = false
  }
  if (!first) yield "\n"
}

/** A page with the session's name, its command, when it was and how it ended. */
export async function* page(part: SessionSlice): AsyncGenerator<string> {
  const { session, size, at } = part
  const facts = [
    new Date(at).toISOString().replace(/\.\d+Z$/, "Z"),
    `${size.cols}×${size.rows}`,
    stateText(session.life),
  ]
  const command = session.spec.argv.join(" ")
  yield pageBegin({ title: session.name ?? (session.title || command), command, facts })
  for await (const rows of rowsOf(part)) yield htmlOfRows(rows)
  yield PAGE_END
}

async function* rowsOf({ size, batches }: SessionSlice): AsyncGenerator<ScreenRow[]> {
  const transcript = await Transcript.open(size)
  for await (const batch of batches)
    for (const moment of batch) {
      if (moment.type === "output") yield* transcript.output(moment.bytes)
      if (moment.type === "resize") transcript.resize(moment)
    }
  const rest = transcript.close()
  if (rest.length > 0) yield rest
}
