// What an ordinary request for a session says about a socket that could not be opened.

export type ProbeResult = "fine" | "unreachable" | "gone" | "signed-out"

/** The answer's status; 0: no answer at all. */
export function foundIn(status: number): ProbeResult {
  if (status === 401) return "signed-out"
  if (status === 404) return "gone"
  return status === 0 ? "unreachable" : "fine"
}
