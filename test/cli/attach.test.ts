// `ptyline attach` in a real terminal (tmux): programs, detach keys, and the terminal's state afterwards.

import { afterAll, afterEach, test as anyTest, beforeAll, beforeEach, expect } from "bun:test"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { childrenOf, installed } from "../helpers.ts"
import { Home, type Served } from "../program.ts"
import { succeeding } from "./served.ts"
import { Pane } from "./tmux.ts"

const test = anyTest.skipIf(!installed("tmux"))
const home = new Home()
let server: Served
let pane: Pane
beforeAll(async () => {
  const flags = "grep -o -- '-*\\b\\(icanon\\|echo\\|isig\\|opost\\)\\b'"
  writeFileSync(join(home.path, "settings"), `echo $(stty -a | ${flags}) :end\n`)
  server = await home.serve()
}, 20_000)
beforeEach(() => {
  pane = new Pane(home)
})
afterEach(() => pane[Symbol.dispose]())
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  home[Symbol.dispose]()
})

const ok = succeeding(home)
const info = async (id: string) => JSON.parse(await ok("info", id, "--json"))
const bash = (name: string, ...flags: string[]) =>
  ok("new", "--name", name, "--env", "PS1=inner$ ", ...flags, "--", "bash", "--norc", "--noprofile")
const attach = (name: string, ...flags: string[]) =>
  pane.line(`${Pane.ptyline} attach ${name} ${flags.join(" ")}`)
/** Waits until the inner shell reads a line: a later Ctrl-Z may discard input typed before that. */
const prompt = () => pane.until(/inner\$$/)
const detach = () => pane.keys("C-\\", "d")
/** The settings of the pane's terminal, printed by its shell. */
const settings = async () => {
  pane.line("clear; sh settings")
  await pane.until(/ :end$/m)
  return / *(.*) :end/.exec(pane.screen)![1]!
}
const sane = "opost isig icanon echo"
/** Process ids of the attach clients in this pane. */
const clients = () => childrenOf(pane.fact("pane_pid"))

test("bash: the screen is drawn, keys, Ctrl-C and Ctrl-Z reach the session, the size follows", async () => {
  await bash("shell")
  await ok("write", "shell", "echo be''fore\n")
  attach("shell")
  await pane.until("before")
  expect(pane.history).toContain("ptyline: attached to shell; to detach, press ctrl-\\, then d")
  pane.line("stty size")
  await pane.until(/^24 90$/m)
  await prompt()
  pane.line("(echo started; exec sleep 60)")
  await pane.until(/^started$/m)
  pane.keys("C-z")
  await pane.until("Stopped")
  await prompt()
  pane.line("fg")
  await pane.until(/fg\n.*sleep 60.*$/)
  pane.keys("C-c")
  await pane.until(/\^C\ninner\$/)
  pane.tmux("resize-window", "-x", "70", "-y", "20")
  while ((await info("shell")).size.cols !== 70) await Bun.sleep(20)
  pane.line("clear; stty size")
  await pane.until(/^20 70$/m)
  detach()
  await pane.until("ptyline: detached from shell")
  expect((await info("shell")).state).toBe("running")
  expect(await settings()).toContain(sane)
}, 60_000)

test("the session's scrollback is shown, and the caller's stays", async () => {
  await bash("long")
  await ok("write", "long", "clear; seq -f 'kept %g' 60\n")
  await ok("wait", "long", "--match", "kept 60")
  pane.line("echo my own line")
  await pane.until(/^my own line$/m)
  attach("long")
  await pane.until("kept 60")
  expect(pane.history).toContain("kept 5\n")
  expect(pane.history).toContain("my own line")
}, 30_000)

test("vim: alternate screen and mouse are on while attached, and off after detaching", async () => {
  await ok("new", "--name", "edit", "--", "vim", "-u", "NONE", "-N", "-c", "set mouse=a", "note.txt")
  attach("edit")
  await pane.until(/^~$/m)
  pane.keys("i", "hello", "Escape")
  await pane.until(/^hello/m)
  expect([pane.fact("alternate_on"), pane.fact("mouse_any_flag")]).toEqual(["1", "1"])
  detach()
  await pane.until("detached from edit")
  expect([pane.fact("alternate_on"), pane.fact("mouse_any_flag")]).toEqual(["0", "0"])
  attach("edit")
  await pane.until(/^hello/m)
  pane.line(":q!")
  await pane.until("ptyline: edit ended with 0")
  expect(pane.fact("alternate_on")).toBe("0")
  expect(await settings()).toContain(sane)
}, 30_000)

test("top: a screen that redraws itself is shown, and attach exits with its exit code", async () => {
  await ok("new", "--name", "top", "--", "top", "-d", "0.3")
  attach("top")
  await pane.until(/load average/)
  const first = () => pane.screen.split("\n")[0]
  const before = first()
  await pane.until(() => first() !== before, "the next update")
  pane.keys("q")
  await pane.until("ptyline: top ended with 0")
}, 30_000)

test("attach exits with the session's exit code", async () => {
  await bash("code")
  attach("code")
  await pane.until("inner$")
  pane.line("exit 7")
  await pane.until("ended with 7")
  pane.line("echo code $?")
  await pane.until("code 7")
}, 20_000)

test("colours and bracketed paste pass through", async () => {
  await ok(
    "new",
    "--name",
    "paint",
    "--",
    "sh",
    "-c",
    "printf '\\033[31mred\\033[m\\033[?2004h'; read -r line; echo; echo $line | od -c",
  )
  attach("paint")
  await pane.until("red")
  expect(pane.tmux("capture-pane", "-p", "-e")).toContain("\x1b[31mred")
  pane.tmux("set-buffer", "pasted")
  pane.tmux("paste-buffer", "-p")
  pane.keys("Enter")
  await pane.until(/033\s+\[\s+2\s+0\s+0\s+~\s+p/)
}, 20_000)

test("--view: nothing is typed, the size stays; several viewers at once", async () => {
  await bash("watched", "--cols", "77", "--rows", "20")
  attach("watched", "--view")
  await pane.until("inner$")
  pane.keys("x", "y")
  using other = new Pane(home, 80, 24)
  other.line(`${Pane.ptyline} attach watched --size-policy fixed`)
  await other.until("inner$")
  expect((await info("watched")).viewers).toBe(2)
  other.line("echo $((COLUMNS)) seen")
  await pane.until("77 seen")
  expect(pane.screen).not.toContain("xy")
  detach()
  await pane.until("detached from watched")
}, 30_000)

test("size policies with several windows: latest, smallest, leader", async () => {
  await bash("sized")
  const size = async () => Object.values((await info("sized")).size).join("x")
  attach("sized")
  await pane.until("inner$")
  using other = new Pane(home, 60, 30)
  other.line(`${Pane.ptyline} attach sized`)
  await other.until("inner$")
  expect(await size()).toBe("60x30")
  await ok("update", "sized", "--size-policy", "smallest")
  pane.tmux("resize-window", "-x", "91", "-y", "24")
  const until = async (wanted: string) => {
    for (let now = await size(); now !== wanted; now = await size()) await Bun.sleep(20)
  }
  await until("60x24")
  await ok("update", "sized", "--size-policy", "leader")
  pane.tmux("resize-window", "-x", "92", "-y", "24")
  await until("92x24")
  await ok("update", "sized", "--size-policy", "latest")
  other.tmux("resize-window", "-x", "61", "-y", "30")
  await until("61x30")
  other.keys("C-\\", "d")
  await until("92x24")
}, 40_000)

test("Ctrl-\\ z and TSTP stop the client and restore the terminal; fg draws the screen again", async () => {
  await bash("paused")
  attach("paused")
  await pane.until("inner$")
  pane.line("echo first")
  await pane.until(/^first$/m)
  for (const stop of ["keys", "signal"]) {
    if (stop === "keys") pane.keys("C-\\", "z")
    else process.kill(clients()[0]!, "SIGTSTP")
    await pane.until("Stopped")
    expect(await settings()).toContain(sane)
    pane.line("clear; fg")
    await pane.until(/^first$/m)
    pane.line(`echo after ${stop}`)
    await pane.until(new RegExp(`^after ${stop}$`, "m"))
  }
  detach()
  await pane.until("detached")
}, 40_000)

test("the terminal is restored after INT, TERM, HUP, QUIT and KILL, inside vim", async () => {
  await ok("new", "--name", "rough", "--", "vim", "-u", "NONE", "-N", "-c", "set mouse=a", "rough.txt")
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGKILL"] as const) {
    attach("rough")
    await pane.until(/^~$/m)
    await pane.until(() => pane.fact("alternate_on") === "1", "the alternate screen")
    process.kill(clients()[0]!, signal)
    await pane.until(() => pane.fact("alternate_on") === "0", `the screen to be left after ${signal}`)
    // the shell may print its prompt before the screen is restored
    if (signal === "SIGKILL") pane.keys("Enter")
    await pane.until("outer$", `the prompt after ${signal}`)
    await pane.until(() => pane.fact("mouse_any_flag") === "0", "mouse reporting to be off")
    expect([signal, await settings()]).toEqual([signal, expect.stringContaining(sane)])
  }
  expect((await info("rough")).state).toBe("running")
}, 60_000)

test("detach keys can be set, by flag, environment and file", async () => {
  await bash("keyed")
  attach("keyed", "--detach-keys", "ctrl-p,q")
  await pane.until("inner$")
  pane.keys("C-p", "q")
  await pane.until("detached from keyed")
  const bad = await home.run("attach", "keyed", "--detach-keys", "q")
  expect([bad.code, bad.stderr]).toEqual([
    2,
    expect.stringContaining("a control key, a comma and another key"),
  ])
}, 20_000)

test("after a restart of the server the client attaches again, without losing a byte", async () => {
  using own = new Home()
  const first = await own.serve(["--holders"])
  await own.run(
    "new",
    "--durable",
    "--name",
    "lasting",
    "--env",
    "PS1=inner$ ",
    "--",
    "bash",
    "--norc",
    "--noprofile",
  )
  using there = new Pane(own)
  there.line(`${Pane.ptyline} attach lasting`)
  await there.until("inner$")
  await first.stop("SIGKILL")
  await using _again = await own.serve(["--holders"])
  while (!(await own.run("info", "lasting", "--json")).stdout.includes('"viewers":1')) await Bun.sleep(50)
  there.line("echo still here")
  await there.until(/^still here$/m)
  expect((await own.run("end", "lasting")).code).toBe(0)
}, 40_000)

test("errors are reported before the terminal is changed", async () => {
  await bash("known")
  for (const [code, args, said] of [
    [2, ["attach"], "missing ID"],
    [2, ["attach", "known"], "needs a terminal"],
    [2, ["attach", "known", "--size-policy", "big"], "latest, smallest, leader, fixed"],
  ] as [number, string[], string][]) {
    const result = await home.run(...args)
    expect([result.code, result.stderr]).toEqual([code, expect.stringContaining(said)])
  }
  attach("knwon")
  await pane.until('no session "knwon"')
  pane.line("echo code $?")
  await pane.until("code 3")
}, 20_000)

test("a terminal without a size leaves the session's size unchanged", async () => {
  await bash("unsized", "--cols", "99", "--rows", "11")
  pane.line("stty cols 0 rows 0")
  attach("unsized")
  await prompt()
  expect((await info("unsized")).size).toEqual({ cols: 99, rows: 11 })
  detach()
  await pane.until("detached from unsized")
}, 20_000)
