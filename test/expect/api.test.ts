// The library's dialogue in this process: `import { expect } from "ptyline"`.

import { expect as check, test } from "bun:test"
import { ExpectError, expect } from "../../src/index.ts"
import { installed } from "../helpers.ts"

test.skipIf(!installed("python3"))(
  "a dialogue with python: matches with groups and what came before, the screen, the exit",
  async () => {
    await using python = await expect(["python3", "-q", "-i"], { env: { TERM: "dumb" }, cols: 80, rows: 10 })
    await python.expect(">>> ")
    await python.send("print('a' + 'b', 6 * 7)\n")
    const { text, groups, before, index } = await python.expect({ regex: "ab (\\d+)" })
    check([text, groups, index]).toEqual(["ab 42", ["42"], 0])
    check(before).toContain("print(")
    await python.expect({ any: ["nope", { regex: ">>> $" }] })
    check(await python.screen()).toContain("ab 42")
    await python.send("exit(5)\n")
    await python.assertExit(5)
  },
  30_000,
)

test("a failed expectation has the awaited text and the screen", async () => {
  await using cat = await expect(["cat"])
  await cat.send("seen\n")
  await cat.expect("seen")
  const error = await cat.expect({ any: ["a", { regex: "b+" }] }, { timeout_ms: 50 }).catch(thrown => thrown)
  check(error).toBeInstanceOf(ExpectError)
  check((error as ExpectError).awaited).toBe('"a" or /b+/')
  check((error as ExpectError).screen).toContain("seen")
})

test("a missing program is rejected", async () => {
  check(await expect(["no-such-program-x"]).catch(error => error.code)).toBe("spawn_failed")
})
