// A stream of a session while it is followed: counted as a viewer, and as what keeps the public session.

import type { Mop } from "../mop.ts"
import type { Member } from "./member.ts"

/** Counts a stream until the returned function is called; twice is fine. Raw streams end at a terminal, which answers for itself. */
export function follow(mop: Mop, member: Member): () => void {
  const attachment = member.session.attach(member.session.tty && member.waivers.has("RAW_ANSI"))
  member.streams++
  let left = false
  return () => {
    if (left) return
    left = true
    member.streams--
    attachment.detach()
    mop.streamsChanged()
  }
}
