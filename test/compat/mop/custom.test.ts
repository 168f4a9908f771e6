// A custom endpoint whose program exceeds its limits.

import { expect, test } from "bun:test"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { runCustom } from "../../../src/compat/mop/http/custom.ts"
import { eventually, scratch } from "../../helpers.ts"

const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test("36: a program that prints too much is cut off, also a child outside its process group", async () => {
  using place = scratch()
  // prints until its stdout is closed
  writeFileSync(
    join(place.path, "flood.sh"),
    "echo $$ > pid; head -c 5000000 /dev/zero; while echo more; do sleep 0.05; done",
  )
  const flood = { name: "flood", method: "GET", path: "/flood", runtime: "sh -c 'setsid sh flood.sh & wait'" }
  const answer = runCustom(flood, "", place.path, process.env)
  expect(await answer.catch(error => error.message)).toBe("Endpoint printed too much")
  const pid = Number(readFileSync(join(place.path, "pid"), "utf8"))
  await eventually(() => !alive(pid), "the child to exit")
})
