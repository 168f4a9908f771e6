// Memory: frees buffers at once, where garbage would grow faster than it is collected.

/** A cipher's buffer is at most this much longer than its output, in bytes. */
const SLACK = 16

/** Empties `bytes`, which no other code may use. Does nothing when they are only a part of their buffer. */
export function release(bytes: Uint8Array): void {
  if (ownsBuffer(bytes)) (bytes.buffer as ArrayBuffer).transfer(0)
}

/** Whether the bytes are their whole buffer. */
export const ownsBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): boolean =>
  buffer instanceof ArrayBuffer && byteOffset === 0 && buffer.byteLength - byteLength <= SLACK

/** Returns a copy. (The `slice` of a `Buffer` does not copy.) */
export const copyOf = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes)
