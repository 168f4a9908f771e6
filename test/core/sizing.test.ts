// Size policies, as viewers request sizes and leave.

import { expect, test } from "bun:test"
import { SIZE_POLICIES, Sizing } from "../../src/core/session/sizing.ts"

const small = { cols: 80, rows: 50 }
const wide = { cols: 200, rows: 20 }
const tall = { cols: 100, rows: 60 }

function agreed(): Record<string, unknown> {
  const results = SIZE_POLICIES.map(policy => {
    const sizing = new Sizing<string>()
    sizing.policy = policy
    sizing.request("a", small)
    sizing.request("b", wide)
    sizing.request("c", tall)
    sizing.request("b", wide)
    const all = sizing.agreed
    sizing.leave("b")
    const without = sizing.agreed
    sizing.leave("a")
    return [policy, [all, without, sizing.agreed]]
  })
  return Object.fromEntries(results)
}

test("latest follows the last request, smallest fits all, leader the first viewer, fixed none", () => {
  expect(agreed()).toEqual({
    latest: [wide, tall, tall],
    smallest: [{ cols: 80, rows: 20 }, { cols: 80, rows: 50 }, tall],
    leader: [small, small, tall],
    fixed: [null, null, null],
  })
})

test("a viewer that leaves does not undo an explicit resize", () => {
  const sizing = new Sizing<string>()
  sizing.request("a", small)
  sizing.request("b", wide)
  sizing.clear()
  sizing.leave("b")
  expect(sizing.agreed).toBeNull()
})
