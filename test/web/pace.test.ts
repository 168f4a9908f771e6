// Intervals of reconnects and acknowledgements.

import { describe, expect, test } from "bun:test"
import { Backoff } from "../../src/wire/backoff.ts"
import { Acks } from "../../web/connection/acknowledgements.ts"

describe("back-off", () => {
  test("doubles from a quarter of a second up to ten seconds", () => {
    const backoff = new Backoff()
    const waits = Array.from({ length: 8 }, () => backoff.next(() => 1))
    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000])
  })

  test("waits at least half of that, which spreads out many pages", () => {
    expect(new Backoff().next(() => 0)).toBe(125)
  })

  test("starts over after a success", () => {
    const backoff = new Backoff()
    backoff.next()
    backoff.reset()
    expect(backoff.next(() => 1)).toBe(250)
  })
})

describe("acks", () => {
  test("sends one ack per frame, for the last parsed chunk", async () => {
    const sent: number[] = []
    const acks = new Acks(offset => sent.push(offset))
    for (const offset of [10, 20, 30]) acks.parsed(offset)
    expect(sent).toEqual([])
    await Bun.sleep(40)
    expect(sent).toEqual([30])
  })

  test("sends an ack for 64 KiB at once", () => {
    const sent: number[] = []
    const acks = new Acks(offset => sent.push(offset))
    acks.parsed(70_000)
    expect(sent).toEqual([70_000])
    acks.restart(0)
  })

  test("discards pending acks on a new connection", async () => {
    const sent: number[] = []
    const acks = new Acks(offset => sent.push(offset))
    acks.parsed(10)
    acks.restart(500)
    await Bun.sleep(40)
    expect(sent).toEqual([])
  })
})
