// `ptyline run` in a real terminal (tmux): keys, Ctrl-C, window size, and the terminal's state afterwards.

import { afterAll, test as anyTest } from "bun:test"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { childrenOf, installed } from "../helpers.ts"
import { Home } from "../program.ts"
import { Pane } from "./tmux.ts"

const test = anyTest.skipIf(!installed("tmux"))
const home = new Home()
writeFileSync(
  join(home.path, "settings"),
  "echo $(stty -a | grep -o -- '-*\\b\\(icanon\\|echo\\|isig\\|opost\\)\\b') :end\n",
)
afterAll(() => home[Symbol.dispose]())

const run = (pane: Pane, words: string) => pane.line(`${Pane.ptyline} run ${words}; echo code $?`)
const sane = async (pane: Pane) => {
  pane.line("clear; sh settings")
  await pane.until(/^opost isig icanon echo :end$/m)
}

// a trapped signal may end `read` early (dash) or not (bash), so each read is repeated until it has its line
const PROGRAM = `trap "echo caught" INT; stty size
until read a; do :; done; echo got $a
until [ "$(stty size)" = "20 66" ]; do sleep 0.05; done; echo resized
until read b; do :; done; echo and $b; exit 4`

test("--pty: the program has the window and keys, Ctrl-C too; afterwards the terminal is restored", async () => {
  writeFileSync(join(home.path, "program"), PROGRAM)
  using pane = new Pane(home, 88, 22)
  run(pane, "--pty -- sh program")
  await pane.until(/^22 88$/m)
  pane.keys("C-c")
  await pane.until("caught")
  pane.line("typed")
  await pane.until("got typed")
  pane.tmux("resize-window", "-x", "66", "-y", "20")
  await pane.until(/^resized$/m)
  pane.line("more")
  await pane.until("and more")
  await pane.until(/^code 4$/m)
  await sane(pane)
}, 30_000)

test("--pty: the terminal is restored after a kill", async () => {
  using pane = new Pane(home)
  run(pane, "--pty -- sh -c 'echo ready; exec cat'")
  await pane.until(/^ready$/m)
  const [client] = childrenOf(pane.fact("pane_pid"))
  process.kill(client!, "SIGKILL")
  await pane.until("code 137")
  await sane(pane)
}, 30_000)

test("on pipes: the program reads lines from the terminal, Ctrl-C ends it with 130", async () => {
  using pane = new Pane(home)
  run(pane, "-- cat")
  pane.line("a line")
  await pane.until(/^a line\na line$/m)
  pane.keys("C-d")
  await pane.until(/^code 0$/m)
  run(pane, "-- sh -c 'echo going; sleep 60'")
  await pane.until(/^going$/m)
  pane.keys("C-c")
  await pane.until("code 130")
}, 30_000)

test("--pty: the program gets TERM of the caller's terminal", async () => {
  using pane = new Pane(home)
  pane.line("export TERM=screen-256color; unset COLORTERM")
  run(pane, "--pty -- sh -c 'echo kind=$TERM,$COLORTERM'")
  await pane.until(/^kind=screen-256color,$/m)
  run(pane, "--pty -- sh -c 'echo kind=$TERM,$COLORTERM' | cat")
  await pane.until(/^kind=xterm-256color,truecolor$/m)
}, 20_000)
