// A stream of a session while it is followed: counted as a viewer, and as what keeps the public session.

import type { Mop } from "../mop.ts"
import type { MopSession } from "./mop-session.ts"

/** Counts a stream until the returned function is called; twice is fine. Raw streams end at a terminal, which answers for itself. */
export function follow(mop: Mop, mopSession: MopSession): () => void {
  const attachment = mopSession.session.attach(mopSession.session.tty && mopSession.waivers.has("RAW_ANSI"))
  mopSession.streams++
  let left = false
  return () => {
    if (left) return
    left = true
    mopSession.streams--
    attachment.detach()
    mop.streamsChanged()
  }
}
