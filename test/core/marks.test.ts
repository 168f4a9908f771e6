// Replay needs the size that its first byte was made for, however many resizes have been forgotten since.

import { expect, test } from "bun:test"
import { Marks } from "../../src/core/marks.ts"

test("the size at an offset is the last one before it, and the first one at the start", () => {
  const marks = new Marks({ cols: 80, rows: 24 })
  marks.add(100, { type: "resize", cols: 120, rows: 30 })
  marks.add(150, { type: "title", title: "vim" })
  expect(marks.sizeAt(0)).toEqual({ cols: 80, rows: 24 })
  expect(marks.sizeAt(100)).toEqual({ cols: 80, rows: 24 })
  expect(marks.sizeAt(101)).toEqual({ cols: 120, rows: 30 })
  expect(marks.sizeAt(900)).toEqual({ cols: 120, rows: 30 })
})

test("a size whose mark was forgotten is still known", () => {
  const marks = new Marks({ cols: 80, rows: 24 })
  marks.add(1, { type: "resize", cols: 90, rows: 25 })
  for (let offset = 2; offset < 400; offset++) marks.add(offset, { type: "title", title: `t${offset}` })
  expect(marks.sizeAt(300)).toEqual({ cols: 90, rows: 25 })
})
