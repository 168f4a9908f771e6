// Who decides the size: rules without a browser.

import { describe, expect, test } from "bun:test"
import { SizeRequests } from "../../web/connection/sizing.ts"

const wide = { cols: 120, rows: 30 }
const small = { cols: 46, rows: 39 }

describe("sizing", () => {
  test("a first attachment asks for the window's own size", () => {
    const sizing = new SizeRequests()
    sizing.laidOut(small)
    expect(sizing.attached(wide, true)).toEqual(small)
  })

  test("another viewer's resize is taken and never answered", () => {
    const sizing = new SizeRequests()
    sizing.laidOut(wide)
    sizing.attached(wide, true)
    sizing.resized(small)
    expect(sizing.fitted).toBe(false)
    expect(sizing.laidOut(wide)).toBeNull()
  })

  test("a reconnection leaves the size to whoever took it meanwhile", () => {
    const sizing = new SizeRequests()
    sizing.laidOut(wide)
    sizing.resized(wide)
    expect(sizing.attached(small, false)).toBeNull()
  })

  test("a reconnection asks again when the window changed while the line was down", () => {
    const sizing = new SizeRequests()
    sizing.laidOut(wide)
    sizing.resized(wide)
    sizing.laidOut(small)
    expect(sizing.attached(wide, false)).toEqual(small)
  })

  test("a person can claim the size, and there is nothing to claim when it fits", () => {
    const sizing = new SizeRequests()
    sizing.laidOut(wide)
    sizing.attached(small, false)
    expect(sizing.claim()).toEqual(wide)
    sizing.resized(wide)
    expect(sizing.claim()).toBeNull()
  })
})
