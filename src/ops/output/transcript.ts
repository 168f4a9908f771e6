// Text and HTML export of a range, rendered as a terminal shows it.

import type { ScreenRow } from "../../screen/engine.ts"
import { PAGE_END, pageStart, rowsToHtml, rowsToText } from "../../screen/render/document.ts"
import { Transcript } from "../../screen/render/transcript.ts"
import { stateText } from "../sessions/table.ts"
import type { SessionSlice } from "./range.ts"

export async function* plainText(slice: SessionSlice): AsyncGenerator<string> {
  let first = true
  for await (const rows of rowsOf(slice)) {
    yield rowsToText(rows, first)
    first = false
  }
  if (!first) yield "\n"
}

/** Yields an HTML page with the session's name, command, time and exit. */
export async function* page(slice: SessionSlice): AsyncGenerator<string> {
  const { session, size, at } = slice
  const facts = [
    new Date(at).toISOString().replace(/\.\d+Z$/, "Z"),
    `${size.cols}×${size.rows}`,
    stateText(session.life),
  ]
  const command = session.spec.argv.join(" ")
  yield pageStart({ title: session.name ?? (session.title || command), command, facts })
  for await (const rows of rowsOf(slice)) yield rowsToHtml(rows)
  yield PAGE_END
}

async function* rowsOf({ size, batches }: SessionSlice): AsyncGenerator<ScreenRow[]> {
  const transcript = await Transcript.open(size)
  for await (const batch of batches)
    for (const entry of batch) {
      if (entry.type === "output") yield* transcript.output(entry.bytes)
      if (entry.type === "resize") transcript.resize(entry)
    }
  const rest = transcript.close()
  if (rest.length > 0) yield rest
}
