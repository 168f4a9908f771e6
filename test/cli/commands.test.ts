// The commands end to end: a real server, real processes, their output and exit codes.

import { expect, test } from "bun:test"
import { servedHome } from "./served.ts"

const { home, server, ok } = await servedHome()

test("new, ls, write, wait, read, info, end", async () => {
  expect(await ok("new", "--name", "work", "--tags", "ci", "--no-echo", "--", "cat")).toBe("work\trunning\n")
  expect(await ok("ls")).toMatch(
    /^ID +NAME +STATE +SIZE +VIEWERS +OUTPUT +COMMAND\ns_\S+ +work +running +120x30 +0 +0 +cat\n$/,
  )
  expect(await ok("write", "work", "hello\n")).toBe("")
  expect(await ok("wait", "work", "--match", "hello")).toBe("hello")
  expect(await ok("read", "work")).toBe("hello\r\n")
  expect(await ok("read", "work", "--from=-3")).toBe("o\r\n")
  expect(JSON.parse(await ok("info", "work"))).toMatchObject({
    name: "work",
    state: "running",
    tags: ["ci"],
    cwd: home.path,
  })
  expect(await ok("update", "work", "--name", "play")).toBe("play\trunning\n")
  expect(await ok("resize", "play", "90", "20")).toBe("play\trunning\n")
  expect(JSON.parse(await ok("info", "play", "--json")).size).toEqual({ cols: 90, rows: 20 })
  expect(await ok("write", "play", "--keys", "ctrl-d")).toBe("")
  expect(await ok("wait", "play", "--exit")).toBe("hello\r\n")
  expect(await ok("end", "play")).toBe("play\tended with 0\n")
  expect(JSON.parse(await ok("ls", "--json")).sessions).toEqual([])
}, 20_000)

test("exit codes: 1 failure, 2 usage, 3 not found", async () => {
  const cases: [number, string[], string][] = [
    [3, ["info", "missing"], 'no session "missing"'],
    [3, ["read", "missing"], "missing"],
    [2, ["info"], "missing ID"],
    [2, ["info", "a", "b"], '"b"'],
    [2, ["ls", "--colour"], "--colour"],
    [2, ["ls", "--ower", "x"], "did you mean --owner?"],
    [2, ["serach"], "did you mean search?"],
    [2, ["new", "--cols", "0", "--", "true"], "cols"],
    [2, ["new", "--cols", "many", "--", "true"], "cols"],
    [2, ["new", "--env", "novalue", "--", "true"], "name=value"],
    [2, ["serve", "extra"], '"extra"'],
    [2, ["frobnicate"], "frobnicate"],
    [2, ["constructor"], "constructor"],
    [1, ["new", "--", "no-such-program-x"], "no-such-program-x"],
  ]
  for (const [code, args, named] of cases) {
    const result = await home.run(...args)
    expect([args, result.code]).toEqual([args, code])
    expect(result.stderr).toContain(named)
    expect(result.stdout).toBe("")
    expect(result.stderr).not.toMatch(/\n\s+at |node_modules/)
  }
}, 30_000)

test("a wait that reaches its time limit exits with 124", async () => {
  await ok("new", "--name", "quiet", "--", "cat")
  expect((await home.run("wait", "quiet", "--match", "x", "--timeout", "50ms")).code).toBe(124)
  await ok("end", "quiet")
})

test("ls prints no control characters of a command, name or title", async () => {
  await ok(
    "new",
    "--name",
    "evil",
    "--",
    "sh",
    "-c",
    "printf '\\033]0;\\033[2Jtitle\\007'; read x",
    "\x1b[31mred\x07\u009b2J\r\nsecond line",
  )
  const listing = await ok("ls")
  expect(listing).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/)
  expect(listing.trim().split("\n").length).toBe(2)
  await ok("end", "evil")
})

test("piped output has no escape codes: help, lists, errors", async () => {
  for (const args of [
    [],
    ["--help"],
    ["serve", "--help"],
    ["new", "-h"],
    ["ls"],
    ["server"],
    ["info", "nobody"],
    ["nope"],
  ]) {
    const { stdout, stderr } = await home.run(...args)
    expect(`${stdout}${stderr}`).not.toContain("\x1b")
  }
}, 20_000)

test("the version, and help for every command", async () => {
  const version = await ok("version")
  expect(version).toMatch(/^\d+\.\d+\.\d+\n$/)
  expect(await ok("--version")).toBe(version)
  const help = await ok("--help")
  for (const command of [
    "serve",
    "new",
    "ls",
    "info",
    "update",
    "end",
    "write",
    "read",
    "wait",
    "run",
    "resize",
    "signal",
    "server",
  ]) {
    expect(help).toContain(command)
    expect(await ok(command, "--help")).toContain("USAGE")
  }
}, 20_000)

test("all words after -- belong to the program, flags too", async () => {
  expect(await ok("run", "--", "printf", "%s|", "--help", "-x", "--json")).toBe("--help|-x|--json|")
})

test("no session environment and no command line has the server's token or settings", async () => {
  const environment = await ok("run", "--", "env")
  expect(environment).not.toContain(server.token)
  expect(environment.match(/^PTYLINE_\w+/gm)).toEqual(["PTYLINE_SESSION"])
  const lines = await ok("run", "--", "sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
  expect(lines).not.toContain(server.token)
})

test("the server's log has neither the token nor input", async () => {
  await ok("new", "--name", "secret", "--", "cat")
  await ok("write", "secret", "hunter2\n")
  await fetch(`${server.origin}/v1/sessions?token=${server.token}`)
  await fetch(`${server.origin}/v1/login`, {
    method: "POST",
    body: JSON.stringify({ token: server.token }),
    headers: { "content-type": "application/json" },
  })
  await ok("end", "secret")
  expect(server.child.stderr).not.toContain(server.token)
  expect(server.child.stderr).not.toContain("hunter2")
  expect(server.child.stderr).toContain("session started")
})
