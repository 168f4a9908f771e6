// Backend "pipe": the contract, and separate stdout and stderr.

import { expect, test } from "bun:test"
import { pipeBackend } from "../../src/backends/pipe/backend.ts"
import { decode } from "../../src/core/lib/text.ts"
import { onLinux, start } from "../helpers.ts"
import { contract } from "./contract.ts"

contract(pipeBackend, {
  flood: { share: 0.3, why: "two gigabytes per second pass through it" },
})

test("stdout and stderr are separate, and merged in the order of arrival", async () => {
  await using run = start(pipeBackend, "echo one; sleep 0.1; echo two >&2; sleep 0.1; echo three", {
    separateStreams: true,
  })
  const { text } = await run.collect()
  expect(text).toBe("one\ntwo\nthree\n")
  const read = (name: "stdout" | "stderr") => decode(run.session.output.stream(name).slice(0, 100))
  expect(read("stdout")).toBe("one\nthree\n")
  expect(read("stderr")).toBe("two\n")
})

test("input has no line limit, and a program that never reads it is no error", async () => {
  await using run = start(pipeBackend, "exec <&-; echo closed; sleep 0.2; echo later; exit 3")
  await run.until("closed")
  run.type("x".repeat(200_000))
  const { text, exit } = await run.collect()
  expect(text).toBe("closed\nlater\n")
  expect(exit.exit.code).toBe(3)
})

test.skipIf(!onLinux("opening a pipe by its name"))(
  "a program can open the streams by name, unlike sockets",
  async () => {
    await using run = start(pipeBackend, "cat /dev/stdin > /dev/stdout; echo bad > /dev/stderr; exit 4", {
      separateStreams: true,
    })
    run.type("good\n")
    run.session.eof()
    const { exit } = await run.collect()
    const read = (name: "stdout" | "stderr") => decode(run.session.output.stream(name).slice(0, 100))
    expect([read("stdout"), read("stderr"), exit.exit.code]).toEqual(["good\n", "bad\n", 4])
  },
)
