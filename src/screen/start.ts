// Where a screen's drawing begins: at a screen that was kept, or blank, as far back as it is worth going.

import { characterRest } from "../core/lib/text.ts"
import type { Snapshot } from "../core/log/archive.ts"
import type { ByteLog } from "../core/log/log.ts"
import type { Session } from "../core/session/session.ts"

/** A look draws at most this much of what is on disk, in bytes; who draws ahead of looks may draw more. */
export const REACH = 8 << 20
/** A log that was cut is taken up at the first line that begins within this many bytes. */
const LINE = 4096

/** What is before this offset is not drawn any more. `patient`: nobody waits for it. */
export function horizonOf(
  { output: { archive, base, log, replayStart } }: Session,
  patient: boolean,
): number {
  if (!archive) return replayStart
  return patient ? base : Math.max(base, log.end - REACH)
}

/** `kept`, or the screen that an earlier process kept; else a blank one at the horizon. */
export async function beginningOf(
  session: Session,
  kept: Snapshot | null,
  horizon: number,
): Promise<Snapshot> {
  const screen = kept ?? (await session.output.archive?.screen().catch(() => null))
  // a log that lost its end with the machine may stop in front of what was drawn
  return screen && screen.offset <= session.log.end ? screen : blankAt(session, horizon)
}

async function blankAt(
  { output: { log, marks, archive, lifeStart } }: Session,
  from: number,
): Promise<Snapshot> {
  const offset = from > 0 && from >= log.base ? lineStart(log, from) : from
  const size = offset < lifeStart ? await archive?.sizeAt(offset) : null
  return { offset, size: size ?? marks.sizeAt(offset), data: "" }
}

/** The first line at or behind `offset`; where none begins soon, the first character. */
export function lineStart(log: ByteLog, offset: number): number {
  const bytes = log.slice(offset, LINE)
  const newline = bytes.indexOf(0x0a)
  return offset + (newline < 0 ? characterRest(bytes) : newline + 1)
}
