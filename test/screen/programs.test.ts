// Real programs: the screen restored from a snapshot equals the screen from all output.

import { expect, test } from "bun:test"
import { join } from "node:path"
import { terminalBackend } from "../../src/backends/terminal/backend.ts"
import { delay } from "../../src/core/lib/wake.ts"
import type { Size } from "../../src/core/session/backend.ts"
import { ScreenState } from "../../src/screen/screen-state.ts"
import { bare, random } from "../core/bare.ts"
import { installed, start } from "../helpers.ts"
import { differences, feed, stateOf, viewer } from "./state.ts"

/** Number of offsets at which a program's output is cut. */
const CUTS = 40

/** Input, one step at a time; the screens are compared after every step. */
const PROGRAMS: { name: string; argv: string[]; path: string; steps: string[]; end: string }[] = [
  {
    name: "bash",
    path: "/bin/bash",
    argv: ["bash", "--norc", "--noprofile"],
    steps: [
      "ls --color=always /\r",
      "printf '\\e[7mhi\\e[m\\n'\r",
      "echo a very long line that the shell has to wrap because it is longer than the terminal is wide\x01",
    ],
    end: "\x04",
  },
  {
    name: "vim",
    path: "/usr/bin/vim",
    argv: ["vim", "-u", "NONE", "-N", "--cmd", "set mouse=a ttymouse=sgr ruler hlsearch"],
    steps: ["ione 漢字\rtwo\rthree\x1b", ":split\r", "/o\r", ":set number\r", "ggdd"],
    end: ":qa!\r",
  },
  {
    name: "less",
    path: "/usr/bin/less",
    argv: ["less", join(import.meta.dirname, "../../README.md")],
    steps: ["  ", "/port\r", "G"],
    end: "q",
  },
  { name: "top", path: "/usr/bin/top", argv: ["top", "-d", "0.3"], steps: ["", "M"], end: "q" },
  {
    name: "tmux",
    path: "/usr/bin/tmux",
    argv: ["tmux", "-L", `screen-${process.pid}`, "-f", "/dev/null", "new", "bash --norc --noprofile"],
    steps: ["echo inside\r", '\x02"', "\x02%"],
    end: "\x02:kill-server\r",
  },
]

for (const { name, path, argv, steps, end } of PROGRAMS)
  test.skipIf(!installed(path))(`${name}: the same screen from a snapshot as from all output`, async () => {
    const size = { cols: 80, rows: 24 }
    await using run = start(terminalBackend, argv, { size })
    const screen = new ScreenState(run.session)
    for (const step of steps) {
      run.type(step)
      await settled(run.session)
      const { offset, data } = await screen.snapshot()
      const [original, restored] = [viewer(size), viewer(size)]
      feed(original, run.session.log.slice(0, run.session.log.end))
      feed(restored, data)
      feed(restored, run.session.log.slice(offset, run.session.log.end - offset))
      expect(
        differences(stateOf(original), stateOf(restored)),
        `${name} after ${JSON.stringify(step)}`,
      ).toEqual([])
    }
    await everyMoment(run.session.log.slice(0, run.session.log.end), size, name)
    run.type(end)
  })

/**
 * Cuts the recorded output anywhere, also inside sequences and characters, and continues from each snapshot.
 */
async function everyMoment(output: Uint8Array, size: Size, name: string): Promise<void> {
  const r = random(output.length)
  for (let n = 0; n < CUTS; n++) {
    const cut = 1 + r(output.length)
    const session = bare({ logLimit: 64 << 20, spec: { argv: [name], cwd: "/", env: {}, size, echo: true } })
    session.sink.output(output.slice(0, cut), "pty")
    const { offset, data } = await new ScreenState(session).snapshot()
    const [original, restored] = [viewer(size), viewer(size)]
    feed(original, output.slice(0, offset))
    feed(restored, data)
    expect(differences(stateOf(original), stateOf(restored)), `${name}, cut at ${cut}`).toEqual([])
    for (const terminal of [original, restored]) feed(terminal, output.slice(offset))
    expect(differences(stateOf(original), stateOf(restored)), `${name}, on from ${cut}`).toEqual([])
    for (const terminal of [original, restored]) terminal.dispose()
  }
}

/** Waits until there was no output for a moment. */
async function settled(session: { log: { end: number } }): Promise<void> {
  for (let quiet = 0, end = -1; quiet < 3; await delay(40)) {
    quiet = session.log.end === end ? quiet + 1 : 0
    end = session.log.end
    if (quiet === 0 && end > 4 << 20) return
  }
}
