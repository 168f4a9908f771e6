// Memory given back at once, where garbage would pile up faster than it is collected.

/** A cipher's buffer is this much longer than what it encrypted, at most, in bytes. */
const SLACK = 16

/**
 * Frees what `bytes` stand in, which nobody may look at any more: they are empty from now on. Does nothing when they are only
 * a part of their buffer.
 */
export function release(bytes: Uint8Array): void {
  if (ownsBuffer(bytes)) (bytes.buffer as ArrayBuffer).transfer(0)
}

/** Are they all of their buffer? */
export const ownsBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): boolean =>
  buffer instanceof ArrayBuffer && byteOffset === 0 && buffer.byteLength - byteLength <= SLACK

/** Bytes of their own. (`slice` copies a `Uint8Array`, but not a `Buffer`, which is one.) */
export const copyOf = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes)
