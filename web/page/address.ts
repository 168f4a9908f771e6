// The address: which session it names, live or as a recording from some moment on, and going to another.

/** The session that the address names: `#/s/<id or name>`, or `#/r/<id or name>?t=<seconds>` for its recording. */
export function addressedSession(): string | null {
  return decoded(/^#\/[sr]\/([^?]+)/.exec(location.hash)?.[1])
}

/** The moment of the recording that the address names, in seconds; null for none, undefined when it names no recording. */
export function addressedTime(): number | null | undefined {
  const match = /^#\/r\/[^?]+(?:\?t=([\d.]+))?/.exec(location.hash)
  if (!match) return undefined
  return match[1] === undefined ? null : Number(match[1]) || 0
}

/** Opens a session, or none. */
export function go(id: string | null): void {
  location.hash = id ? `#/s/${encodeURIComponent(id)}` : "#/"
}

/** Opens a session's recording. */
export function goToRecording(id: string): void {
  location.hash = recordingAddress(id)
}

export const recordingAddress = (id: string, at?: number): string =>
  `#/r/${encodeURIComponent(id)}${at === undefined ? "" : `?t=${at}`}`

function decoded(text: string | undefined): string | null {
  try {
    return text ? decodeURIComponent(text) : null
  } catch {
    return text ?? null
  }
}
