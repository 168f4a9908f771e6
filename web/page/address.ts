// Addresses of the page: a session, or its recording from a given time.

/** Returns the session in the address `#/s/<id or name>`, or `#/r/<id or name>?t=<seconds>` (recording). */
export function addressedSession(): string | null {
  return decoded(/^#\/[sr]\/([^?]+)/.exec(location.hash)?.[1])
}

/** Returns the recording's time in the address, in seconds. Null: no time. Undefined: no recording. */
export function addressedTime(): number | null | undefined {
  const match = /^#\/r\/[^?]+(?:\?t=([\d.]+))?/.exec(location.hash)
  if (!match) return undefined
  return match[1] === undefined ? null : Number(match[1]) || 0
}

/** Opens a session. Null closes the open one. */
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
