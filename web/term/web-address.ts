// Check of printed addresses before they are opened.

/** Returns the parsed address if it is http or https, else null. */
export function webAddress(address: string): URL | null {
  const url = URL.canParse(address) ? new URL(address) : null
  return url && (url.protocol === "http:" || url.protocol === "https:") ? url : null
}
