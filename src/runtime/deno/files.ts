// Reads and checksums of files, from Node's modules.

import { open } from "node:fs/promises"
import { crc32 as zlibCrc32 } from "node:zlib"
import type { Crc32, ReadSlice } from "../types.ts"

export const crc32: Crc32 = bytes => zlibCrc32(bytes)

export const readSlice: ReadSlice = async (path, from, length) => {
  const file = await open(path, "r")
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, from)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}
