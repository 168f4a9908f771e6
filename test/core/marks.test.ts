// Marks: in order, merged at the same offset, and dropped without losing the size.

import { expect, test } from "bun:test"
import { type MarkEvent, Marks } from "../../src/core/log/marks.ts"

const SIZE = { cols: 80, rows: 24 }
const resize = (cols: number): MarkEvent => ({ type: "resize", cols, rows: 24 })
const title = (text: string): MarkEvent => ({ type: "title", title: text })

test("marks come in order from an offset", () => {
  const marks = new Marks(SIZE)
  marks.add(10, resize(1))
  marks.add(20, title("a"))
  marks.add(20, resize(2))
  const first = marks.get(marks.from(11))!
  expect([first.offset, first.what]).toEqual([20, title("a")])
  expect(marks.get(first.sequence + 1)?.what).toEqual(resize(2))
  expect(marks.get(first.sequence + 2)).toBeNull()
  expect(marks.get(marks.from(21))).toBeNull()
})

test("a mark of the same kind at the same offset replaces the first, also for readers of the first", () => {
  const marks = new Marks(SIZE)
  marks.add(5, resize(1))
  const seen = marks.get(marks.from(0))!
  marks.add(5, resize(2))
  expect(marks.get(seen.sequence)?.what).toEqual(resize(2))
  expect(marks.get(seen.sequence + 1)?.what).toEqual(resize(2))
  marks.add(5, title("x"))
  marks.add(5, resize(3))
  const next = marks.get(seen.sequence + 2)!
  expect(next.what).toEqual(title("x"))
  expect(marks.get(next.sequence + 1)?.what).toEqual(resize(3))
})

test("only the newest marks are kept; the size before them is known", () => {
  const marks = new Marks(SIZE)
  for (let i = 1; i <= 1000; i++) marks.add(i, resize(i))
  const oldest = marks.get(0)!
  expect(oldest.offset).toBe(1000 - 256 + 1)
  expect(marks.sizeAt(0).cols).toBe(oldest.offset - 1)
  expect(marks.sizeAt(oldest.offset + 1).cols).toBe(oldest.offset)
  expect(marks.sizeAt(2000)).toEqual({ cols: 1000, rows: 24 })
})

test("the size at an offset is the size of its output", () => {
  const marks = new Marks(SIZE)
  marks.add(10, resize(100))
  expect(marks.sizeAt(10)).toEqual(SIZE)
  expect(marks.sizeAt(11).cols).toBe(100)
})

test("the size of a dropped mark is still known", () => {
  const marks = new Marks(SIZE)
  marks.add(1, resize(90))
  for (let offset = 2; offset < 400; offset++) marks.add(offset, title(`t${offset}`))
  expect(marks.sizeAt(300)).toEqual({ cols: 90, rows: 24 })
})
