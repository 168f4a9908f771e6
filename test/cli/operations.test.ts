// Commands that no other test runs: signal, resize, search, screen, export, server; and stable JSON.

import { expect, test } from "bun:test"
import { servedHome } from "./served.ts"

const { home, ok } = await servedHome()

test("signal, resize, search, screen in every format, export", async () => {
  const script = "trap 'echo usr1' USR1; printf '\\033[31mred\\033[m line\\n'; while :; do sleep 0.05; done"
  await ok("new", "--name", "s", "--cols", "40", "--rows", "5", "--", "sh", "-c", script)
  await ok("wait", "s", "--match", "line")
  await ok("signal", "s", "usr1")
  await ok("wait", "s", "--match", "usr1", "--timeout", "20s")
  expect(await ok("resize", "s", "50", "6")).toBe("s\trunning\n")
  expect(await ok("search", "s", "line")).toBe("0:red line\n")
  expect((await home.run("search", "s", "nothing")).code).toBe(1)
  expect(await ok("screen", "s")).toMatch(/^red line\n(?:.*\n)?usr1\n$/)
  expect(await ok("screen", "s", "--format", "ansi")).toContain("\x1b[")
  expect(await ok("screen", "s", "--svg")).toStartWith("<svg ")
  expect(JSON.parse(await ok("screen", "s", "--format", "json"))).toMatchObject({ cols: 50, rows: 6 })
  expect(await ok("export", "s", "--format", "text")).toContain("red line")
  expect(await ok("end", "s")).toStartWith("s\tended by SIG")
}, 30_000)

test("--json has the shapes of the HTTP API, on one line", async () => {
  await ok("new", "--name", "j", "--", "cat")
  for (const [args, keys] of [
    [["ls"], ["sessions"]],
    [
      ["info", "j"],
      ["id", "name", "state", "argv", "size", "size_policy", "log", "exit", "viewers"],
    ],
    [
      ["update", "j", "--tags", "x"],
      ["id", "tags"],
    ],
    [
      ["rename", "j", "k"],
      ["id", "name"],
    ],
    [
      ["read", "k"],
      ["from", "next", "data", "gap", "exit"],
    ],
    [
      ["search", "k", "x"],
      ["matches", "from", "next"],
    ],
    [["server"], ["version", "pid", "backends"]],
    [["top"], ["sessions"]],
    [["config"], ["file", "settings"]],
    [["doctor"], ["checks"]],
    [
      ["end", "k"],
      ["id", "exit"],
    ],
  ] as [string[], string[]][]) {
    const { stdout } = await home.run(...args, "--json")
    expect([args, stdout.trim().split("\n").length]).toEqual([args, 1])
    expect(Object.keys(JSON.parse(stdout))).toEqual(expect.arrayContaining(keys))
  }
}, 40_000)

test("every command has help", async () => {
  const overview = await ok("help")
  const names = [...overview.slice(overview.indexOf("COMMANDS")).matchAll(/^ +([a-z]+) {2,}/gm)].map(
    match => match[1]!,
  )
  expect(names.length).toBeGreaterThan(30)
  for (const name of [
    "run",
    "attach",
    "expect",
    "logs",
    "send",
    "keys",
    "paste",
    "top",
    "open",
    "doctor",
    "completion",
    "login",
    "config",
    "wait",
    "rename",
  ])
    expect(names).toContain(name)
  expect(await ok("help", "attach")).toBe(await ok("attach", "--help"))
}, 20_000)
