// Access levels.

import { expect, test } from "bun:test"
import { ACCESS, includesAccess, requireAccess } from "../../src/core/access/principal.ts"

test("each access level includes the levels before it", () => {
  for (const [i, has] of ACCESS.entries())
    for (const [j, needs] of ACCESS.entries()) {
      expect(includesAccess(has, needs)).toBe(i >= j)
      const required = expect(() => requireAccess(has, needs))
      if (i >= j) required.not.toThrow()
      else required.toThrow(expect.objectContaining({ code: "denied" }))
    }
})
