// Reads and checksums of files, from Bun.

import type { Crc32, ReadSlice } from "../types.ts"

export const crc32: Crc32 = bytes => Bun.hash.crc32(bytes)

export const readSlice: ReadSlice = (path, from, length) =>
  Bun.file(path)
    .slice(from, from + length)
    .bytes()
