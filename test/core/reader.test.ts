// The log reader: output from memory and from disk. No other file reads the disk.

import { expect, test } from "bun:test"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { Archive } from "../../src/core/log/archive.ts"
import { LogReader } from "../../src/core/log/reader.ts"
import { bare, bytesOf } from "./bare.ts"

const sources = join(import.meta.dirname, "../../src")

test("only the log reader reads an archive", () => {
  const readers = readdirSync(sources, { recursive: true, encoding: "utf8" })
    .filter(path => path.endsWith(".ts"))
    .filter(path => /archive[?!]?\.read\(/.test(readFileSync(join(sources, path), "utf8")))
  expect(readers).toEqual(["core/log/reader.ts"])
})

/** Returns an archive of `text` that begins at `base` and lacks the bytes `hole`. */
function archiveOf(text: string, base = 0, hole = { from: 0, to: 0 }) {
  const all = bytesOf(text)
  const reads: number[] = []
  const read = async (offset: number, max: number) => {
    reads.push(offset)
    const at = offset >= hole.from && offset < hole.to ? hole.to : offset
    const end = at < hole.from ? hole.from : all.length
    const gap = at > offset ? ("disk" as const) : null
    return { offset: at, bytes: all.slice(at, Math.min(end, at + max)), gap }
  }
  return { archive: { base, read } as Partial<Archive> as Archive, reads }
}

const text = ({ offset, bytes }: { offset: number; bytes: Uint8Array }) => [
  offset,
  new TextDecoder().decode(bytes),
]

test("peek reads memory at once, and fetch the disk in large chunks", async () => {
  const { archive, reads } = archiveOf("0123456789")
  const session = bare({ archive, start: 10 })
  session.sink.output(bytesOf("abc"), "pty")
  const reader = new LogReader(session)
  expect(reader.peek(3, 2)).toBeNull()
  await reader.fetch(3)
  expect(text(reader.peek(3, 2)!)).toEqual([3, "34"])
  expect(text(reader.peek(5)!)).toEqual([5, "56789"])
  expect(text(reader.peek(10)!)).toEqual([10, "abc"])
  expect(text(reader.peek(13)!)).toEqual([13, ""])
  expect(reads).toEqual([3])
})

test("read waits for the disk and continues after missing bytes", async () => {
  const { archive, reads } = archiveOf("0123456789", 2, { from: 5, to: 8 })
  const session = bare({ archive, start: 10 })
  const reader = new LogReader(session)
  expect(text(await reader.read(0, 2))).toEqual([2, "23"])
  expect(text(await reader.read(4, 1))).toEqual([4, "4"])
  expect(reads).toEqual([2])
  expect(text(await reader.read(5, 2))).toEqual([8, "89"])
  session.sink.output(bytesOf("abc"), "pty")
  expect(text(await reader.read(11, 9))).toEqual([11, "bc"])
})

test("read skips a disk that cannot be read", async () => {
  const read = async () => {
    throw new Error("EIO")
  }
  const archive = { base: 0, read } as Partial<Archive> as Archive
  const session = bare({ archive, start: 10 })
  session.sink.output(bytesOf("abc"), "pty")
  const reader = new LogReader(session)
  expect(text(await reader.read(0, 5))).toEqual([10, "abc"])
})
