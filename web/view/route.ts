// The address: which session it names, and going to another.

/** The session that the address names: `#/s/<id or name>`. */
export function wantedSession(): string | null {
  const match = /^#\/s\/(.+)$/.exec(location.hash)
  try {
    return match?.[1] ? decodeURIComponent(match[1]) : null
  } catch {
    return match?.[1] ?? null
  }
}

/** Opens a session, or none. */
export function go(id: string | null): void {
  location.hash = id ? `#/s/${encodeURIComponent(id)}` : "#/"
}
