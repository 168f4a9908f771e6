// Size-limited reading of HTTP bodies.

/** Returns a body as text; null if it is longer than `max` bytes. Rejects if the connection breaks. */
export async function limitedText({ body }: Request | Response, max: number): Promise<string | null> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of body ?? []) {
    length += piece.byteLength
    if (length > max) return null
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString("utf8")
}
