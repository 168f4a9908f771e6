// Backend "mixed": separate stdout and stderr, and a terminal for input.

import { expect, test } from "bun:test"
import { mixedBackend } from "../../src/backends/terminal/mixed.ts"
import { decode } from "../../src/core/lib/text.ts"
import { start } from "../helpers.ts"

const script =
  "read -r word; echo out $word; echo err >&2; echo asked >/dev/tty; test -t 0 && ! test -t 1 && echo terminal"

test("stdin is a terminal, stdout and stderr are pipes, and output to the terminal itself is in the merged log", async () => {
  await using run = start(mixedBackend, script, { separateStreams: true, echo: false })
  run.type("typed\n")
  const { text } = await run.collect()
  const read = (name: "stdout" | "stderr") => decode(run.session.output.stream(name).slice(0, 100))
  expect(read("stdout")).toBe("out typed\nterminal\n")
  expect(read("stderr")).toBe("err\n")
  expect(text).toContain("asked")
})

test("a raw terminal passes lines unchanged, and Ctrl-C still interrupts", async () => {
  await using run = start(mixedBackend, ["cat"], { raw: true })
  run.type("line\n")
  await run.until("line")
  expect(run.text).toBe("line\n")
  run.type("\x03")
  const { exit } = await run.collect()
  expect(exit.exit.signal).toBe("SIGINT")
})
