// Where drawing a screen starts: at a stored screen, or blank, at most a certain distance back.

import { characterRest } from "../core/lib/text.ts"
import type { Snapshot } from "../core/log/archive.ts"
import type { ByteLog } from "../core/log/log.ts"
import type { Session } from "../core/session/session.ts"

/** A read of the screen draws at most this much from disk, in bytes; drawing ahead may draw more. */
export const REACH = 8 << 20
/** After a cut, drawing starts at the first line within this many bytes. */
const LINE = 4096

/** Returns the earliest offset to draw from. `ahead`: no client waits for it. */
export function earliestOffset(
  { output: { archive, base, log, replayStart } }: Session,
  ahead: boolean,
): number {
  if (!archive) return replayStart
  return ahead ? base : Math.max(base, log.end - REACH)
}

/** Returns `suspended`, or the screen that an earlier process stored, or a blank one at `earliest`. */
export async function findStart(
  session: Session,
  suspended: Snapshot | null,
  earliest: number,
): Promise<Snapshot> {
  const screen = suspended ?? (await session.output.archive?.screen().catch(() => null))
  // after a crash of the machine the log may end before the stored screen
  return screen && screen.offset <= session.log.end ? screen : blankAt(session, earliest)
}

async function blankAt(
  { output: { log, marks, archive, lifeStart } }: Session,
  from: number,
): Promise<Snapshot> {
  const offset = from > 0 && from >= log.base ? lineStart(log, from) : from
  const size = offset < lifeStart ? await archive?.sizeAt(offset) : null
  return { offset, size: size ?? marks.sizeAt(offset), data: "" }
}

/** Returns the first line start at or after `offset`; if there is none nearby, the first character. */
export function lineStart(log: ByteLog, offset: number): number {
  const bytes = log.slice(offset, LINE)
  const newline = bytes.indexOf(0x0a)
  return offset + (newline < 0 ? characterRest(bytes) : newline + 1)
}
