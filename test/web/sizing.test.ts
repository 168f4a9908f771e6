// Rules for size requests, without a browser.

import { describe, expect, test } from "bun:test"
import { SizeRequests } from "../../web/connection/sizing.ts"

const wide = { cols: 120, rows: 30 }
const small = { cols: 46, rows: 39 }

describe("sizing", () => {
  test("a first attachment requests the window's size", () => {
    const sizing = new SizeRequests()
    sizing.laidOut(small)
    expect(sizing.attached(wide, true)).toEqual(small)
  })

  test("another viewer's resize is applied and starts no request", () => {
    const sizing = new SizeRequests()
    sizing.laidOut(wide)
    sizing.attached(wide, true)
    sizing.resized(small)
    expect(sizing.fitted).toBe(false)
    expect(sizing.laidOut(wide)).toBeNull()
  })

  test("a reconnection keeps the size that another viewer set in between", () => {
    const sizing = new SizeRequests()
    sizing.laidOut(wide)
    sizing.resized(wide)
    expect(sizing.attached(small, false)).toBeNull()
  })

  test("a reconnection requests the size again if the window changed in between", () => {
    const sizing = new SizeRequests()
    sizing.laidOut(wide)
    sizing.resized(wide)
    sizing.laidOut(small)
    expect(sizing.attached(wide, false)).toEqual(small)
  })

  test("claim requests the window's size, unless it already fits", () => {
    const sizing = new SizeRequests()
    sizing.laidOut(wide)
    sizing.attached(small, false)
    expect(sizing.claim()).toEqual(wide)
    sizing.resized(wide)
    expect(sizing.claim()).toBeNull()
  })
})
