// The commands for scripts: logs, send, keys, paste, wait, rename, top, open, doctor, completion.

import { expect, test } from "bun:test"
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { eventually, installed } from "../helpers.ts"
import { Home, program } from "../program.ts"
import { servedHome } from "./served.ts"
import { Pane } from "./tmux.ts"

const { home, server, ok } = await servedHome()
const piped = (input: string, ...args: string[]) =>
  Bun.spawnSync([...program(), ...args], { cwd: home.path, env: home.env, stdin: new Blob([input]) })
const start = (name: string, line: string, ...flags: string[]) =>
  ok("new", "--name", name, ...flags, "--", "sh", "-c", line)

test("logs: all, the last lines, from an offset, from a time, with or without escape sequences", async () => {
  await start("talk", "printf 'one\\n\\033[32mtwo\\033[m\\n'; sleep 1.2; echo three; read x")
  await ok("wait", "talk", "--match", "three")
  expect(await ok("logs", "talk")).toBe("one\r\ntwo\r\nthree\r\n")
  expect(await ok("logs", "talk", "--ansi", "keep")).toBe("one\r\n\x1b[32mtwo\x1b[m\r\nthree\r\n")
  expect(await ok("logs", "talk", "--tail", "1")).toBe("three\r\n")
  expect(await ok("logs", "talk", "--since", "5")).toBe("two\r\nthree\r\n")
  expect(await ok("logs", "talk", "--since=-7")).toBe("three\r\n")
  expect(await ok("logs", "talk", "--since", "10m")).toContain("one")
  const { stdout } = await home.run("export", "talk")
  const events = stdout
    .trim()
    .split("\n")
    .slice(1)
    .map(line => JSON.parse(line))
  const { timestamp } = JSON.parse(stdout.split("\n")[0]!)
  const half = new Date(timestamp * 1000 + 2100 + events[0][0] * 1000).toISOString()
  expect(["three\r\n", ""]).toContain(await ok("logs", "talk", "--since", half))
  for (const wrong of [
    ["--since", "soon"],
    ["--ansi", "some"],
    ["--tail", "x"],
    ["--tail", "1", "--since", "2"],
  ])
    expect((await home.run("logs", "talk", ...wrong)).code).toBe(2)
}, 30_000)

test("logs -f follows to the end, each byte once; it ends quietly when its reader does", async () => {
  await start("long", "read x; seq 1 20000")
  const child = home.spawn(["logs", "-f", "long"])
  await ok("send", "long", "--enter", "go")
  const { code, stdout } = await child.result()
  expect(code).toBe(0)
  expect(stdout.replaceAll("\r", "").split("\n").slice(-20001, -1).join()).toBe(
    Array.from({ length: 20000 }, (_, i) => i + 1).join(),
  )
  const words = `${program().join(" ")} logs -f long`
  const cut = Bun.spawnSync(["sh", "-c", `(${words}; echo $? >code) 2>err | head -1`], {
    cwd: home.path,
    env: home.env,
  })
  expect(cut.stdout.toString()).toBe("go\r\n")
  expect([
    readFileSync(join(home.path, "code"), "utf8"),
    readFileSync(join(home.path, "err"), "utf8"),
  ]).toEqual(["141\n", ""])
}, 30_000)

test("send, keys and paste type; a secret can be read from stdin", async () => {
  await start("cat", "stty -echo; echo ready; cat -v")
  await ok("wait", "cat", "--match", "ready")
  await ok("send", "cat", "--enter", "some", "words")
  await ok("wait", "cat", "--match", "some words")
  await ok("keys", "cat", "ctrl-v", "up", "enter")
  await ok("wait", "cat", "--match", "^[[A")
  expect(piped("first\nsecond\n", "paste", "cat", "--stdin").exitCode).toBe(0)
  await ok("wait", "cat", "--match", "second")
  expect(piped("hush\n", "send", "cat", "--stdin").exitCode).toBe(0)
  await ok("wait", "cat", "--match", "hush")
  for (const wrong of [
    ["send"],
    ["send", "cat"],
    ["keys", "cat"],
    ["keys", "cat", "no-such-key"],
    ["send", "cat", "x", "--stdin"],
  ])
    expect([wrong, (await home.run(...wrong)).code]).toEqual([wrong, 2])
}, 30_000)

test("wait exits with 0, with 1 if the session ended first, and with 124 at the time limit", async () => {
  await start("w", "echo up; read x; echo down; exit 2")
  expect(await ok("wait", "w", "--regex", "^u.$")).toBe("up")
  expect(await ok("wait", "w", "--input", "--timeout", "20s")).toContain("up")
  expect((await home.run("wait", "w", "--match", "never", "--timeout", "100ms")).code).toBe(124)
  expect(await ok("wait", "w", "--idle", "50ms")).toContain("up")
  await ok("keys", "w", "enter")
  const gone = await home.run("wait", "w", "--match", "never")
  expect([gone.code, gone.stderr]).toEqual([1, "ptyline wait: w ended before the condition was met\n"])
  expect(JSON.parse(await ok("wait", "w", "--exit", "--json"))).toMatchObject({
    outcome: "exit",
    exit: { code: 2 },
  })
  expect((await home.run("wait", "w")).code).toBe(2)
}, 30_000)

test("rename, and the suggestion for a mistyped name", async () => {
  await start("build", "cat")
  expect(await ok("rename", "build", "builder")).toBe("builder\trunning\n")
  for (const args of [
    ["info", "biulder"],
    ["send", "biulder", "x"],
    ["attach", "biulder"],
    ["logs", "-f", "biulder"],
  ]) {
    const { code, stderr } = await home.run(...args)
    if (args[0] === "attach") continue
    expect([args, code]).toEqual([args, 3])
    expect(stderr).toContain('no session "biulder"; did you mean builder?')
  }
}, 30_000)

test("top: a table, and JSON", async () => {
  await start("busy", "while :; do :; done")
  await start("idle", "cat")
  const rows = async () => {
    const { sessions } = JSON.parse(await ok("top", "--json"))
    return ["busy", "idle"].map(name => sessions.find((row: { name: string }) => row.name === name))
  }
  // on a busy machine the process may not run for a quarter of a second
  let [busy, idle] = await rows()
  while (busy.cpu_percent === 0) [busy, idle] = await rows()
  expect(busy.cpu_percent).toBeGreaterThan(0)
  expect(idle).toMatchObject({ cpu_percent: 0, state: "running", viewers: 0, command: "sh -c cat" })
  expect(idle.memory_bytes).toBeGreaterThan(100_000)
  expect(idle.processes).toBeGreaterThanOrEqual(1)
  expect(await ok("top", "--once")).toMatch(
    /^NAME +STATE +CPU% +MEMORY +PROCS +OUTPUT +PER S +VIEWERS +COMMAND\n/,
  )
}, 40_000)

test.skipIf(!installed("tmux"))(
  "top is live in a terminal until q",
  async () => {
    using pane = new Pane(home, 60, 12)
    pane.line(`${Pane.ptyline} top --interval 100ms`)
    await pane.until(/^busy +running/m)
    expect(pane.fact("alternate_on")).toBe("1")
    expect(Math.max(...pane.screen.split("\n").map(line => line.length))).toBeLessThanOrEqual(60)
    pane.keys("q")
    await pane.until("outer$")
    expect(pane.fact("alternate_on")).toBe("0")
  },
  40_000,
)

test("ls does not cut lines in a pipe", async () => {
  await ok("end", "busy")
  await start("wide", `: ${"x".repeat(50)}; cat`)
  expect(await ok("ls")).toContain("x".repeat(40))
})

test.skipIf(!installed("tmux"))(
  "ls is no wider than the terminal",
  async () => {
    using pane = new Pane(home, 70, 20)
    pane.line(`${Pane.ptyline} ls`)
    await pane.until(/wide .*…$/m)
  },
  20_000,
)

test("open passes the address to the browser, or prints it", async () => {
  const address = (await ok("open", "--print")).trim()
  expect(address).toBe(server.url)
  const { id } = JSON.parse(await ok("info", "idle", "--json"))
  const placed = `${server.origin}/#/s/${id}&token=${server.token}`
  expect((await ok("open", "idle", "--print")).trim()).toBe(placed)
  const browser = join(home.path, "browser")
  writeFileSync(browser, `#!/bin/sh\necho "$1" > ${home.path}/opened\n`)
  chmodSync(browser, 0o755)
  await home.spawn(["open", "idle"], { BROWSER: browser }).result()
  const opened = join(home.path, "opened")
  await eventually(
    () => existsSync(opened) && readFileSync(opened, "utf8").endsWith("\n"),
    "the browser to be started",
  )
  expect(readFileSync(opened, "utf8")).toBe(`${placed}\n`)
  expect((await home.spawn(["open"], { BROWSER: "/no/such" }).result()).stderr).toContain("--print")
}, 20_000)

test("doctor checks everything and gives advice", async () => {
  expect(
    JSON.parse(await ok("doctor", "--json")).checks.map(
      ({ check, state }: { check: string; state: string }) => [check, state],
    ),
  ).toEqual([
    ["terminal", "ok"],
    ["holders", "ok"],
    ["state directory", "ok"],
    ["server", "ok"],
    ["port", "ok"],
    ["origins", "ok"],
    ["config", "ok"],
    ["tmux", "ok"],
  ])
  using sick = new Home()
  await Bun.write(join(sick.state, "x"), "")
  chmodSync(sick.state, 0o755)
  const bad = sick.spawn(["doctor"], {
    PTYLINE_ALLOW_ORIGIN: "example.org",
    PTYLINE_PORT: new URL(server.origin).port,
  })
  const { code, stdout } = await bad.result()
  expect(code).toBe(1)
  expect(stdout).toContain(`chmod 700 ${sick.state}`)
  expect(stdout).toMatch(/note +server +not running\n +start it with ptyline serve/)
  expect(stdout).toMatch(/note +port +127.0.0.1:\d+ is taken \(EADDRINUSE\)/)
  expect(stdout).toMatch(/bad +origins +"example.org" is not an origin/)
}, 30_000)

test("completion of commands, flags and session names in a real bash; scripts for zsh and fish", async () => {
  await start("complete-me", "cat")
  const bin = join(home.path, "bin")
  await Bun.write(join(bin, "ptyline"), `#!/bin/sh\nexec ${program().join(" ")} "$@"\n`)
  chmodSync(join(bin, "ptyline"), 0o755)
  const complete = (words: string) => {
    const ask = `eval "$(ptyline completion bash)"; COMP_WORDS=(${words}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _ptyline; echo "\${COMPREPLY[@]}"`
    return Bun.spawnSync(["bash", "-c", ask], {
      cwd: home.path,
      env: { ...home.env, PATH: `${bin}:${home.env.PATH}` },
    })
      .stdout.toString()
      .trim()
  }
  expect(complete("ptyline att")).toBe("attach")
  expect(complete("ptyline run --ti")).toBe("--timeout")
  expect(complete("ptyline attach compl")).toBe("complete-me")
  const hostile = ["z$(>pwned)", "z`touch pwned`", "z;touch pwned", "z two words", "z'\"\\*"]
  for (const name of hostile) await start(name, "cat")
  const quoted = complete("ptyline attach z")
  const { stdout } = Bun.spawnSync(["bash", "-c", `printf '%s\\n' ${quoted}`], { cwd: home.path })
  expect(stdout.toString().trim().split("\n").sort()).toEqual(hostile.sort())
  expect(readdirSync(home.path)).not.toContain("pwned")
  expect(await ok("completion", "zsh")).toStartWith("#compdef ptyline\n")
  expect(await ok("completion", "fish")).toContain(
    "complete -c ptyline -n __fish_use_subcommand -f -a attach -d ",
  )
  expect((await home.run("completion", "bsh")).stderr).toContain("did you mean bash?")
}, 30_000)
