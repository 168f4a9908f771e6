// Pauses between attempts to connect.

import { expect, test } from "bun:test"
import { Backoff } from "../../src/wire/backoff.ts"

test("pauses double from a quarter of a second to ten seconds", () => {
  const backoff = new Backoff()
  const pauses = Array.from({ length: 8 }, () => backoff.next(() => 1))
  expect(pauses).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000])
})

test("a pause lasts at least half its time, so that clients spread out", () => {
  expect(new Backoff().next(() => 0)).toBe(125)
})

test("reset returns to the first pause", () => {
  const backoff = new Backoff()
  backoff.next()
  backoff.reset()
  expect(backoff.next(() => 1)).toBe(250)
})

test("first and longest pause can be chosen", () => {
  const backoff = new Backoff(50, 1_000)
  const pauses = Array.from({ length: 7 }, () => backoff.next(() => 1))
  expect(pauses).toEqual([50, 100, 200, 400, 800, 1_000, 1_000])
})
