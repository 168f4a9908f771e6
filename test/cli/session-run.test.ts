// `ptyline run --until` and `--name`: a program as a session of a server that starts and stops by itself.

import { afterAll, expect, test } from "bun:test"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { eventually, onLinux } from "../helpers.ts"
import { Home } from "../program.ts"

const home = new Home()
afterAll(async () => {
  const { pid } = JSON.parse(readFileSync(join(home.state, "server.json"), "utf8"))
  process.kill(pid, "SIGTERM")
  while (existsSync(`/proc/${pid}`)) await Bun.sleep(20)
  home[Symbol.dispose]()
})

const SERVER = `
  const fetch = ({ method, url }) => {
    console.log(method, new URL(url).pathname, "HTTP")
    return new Response("here")
  }
  console.log("listening on", Bun.serve({ hostname: "127.0.0.1", port: 0, fetch }).port)`

test("--until starts a server, returns when the output matches, and the session keeps running", async () => {
  expect(existsSync(home.state)).toBe(false)
  const { code, stdout, stderr } = await home.run(
    "run",
    "--name",
    "web",
    "--until",
    "listening on \\d+",
    "--env",
    "X=1",
    "--",
    process.execPath,
    "-e",
    SERVER,
  )
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^listening on \d+\n$/)])
  expect(stderr).toBe("ptyline run: web keeps running; to stop it: ptyline end web\n")
  const port = Number(/\d+/.exec(stdout)![0])
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200)
  expect((await home.run("wait", "web", "--match", "GET / HTTP", "--timeout", "20s")).code).toBe(0)
  expect((await home.run("end", "web")).code).toBe(0)
  expect(await fetch(`http://127.0.0.1:${port}/`).catch(() => "gone")).toBe("gone")
}, 60_000)

test("the background server's log has no token, and only its owner can use it", async () => {
  const token = readFileSync(join(home.state, "token"), "utf8").trim()
  expect(readFileSync(join(home.state, "server.log"), "utf8")).not.toContain(token)
  const { pid } = JSON.parse(readFileSync(join(home.state, "server.json"), "utf8"))
  expect(readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")).toContain(
    "serve --port 0 --linger 60",
  )
})

test("without a match it exits with the program's code, or 1; at the time limit with 124", async () => {
  const sh = (line: string) => ["--", "sh", "-c", line]
  const cases: [number, string[], string][] = [
    [1, ["--until", "never", ...sh("echo no")], 'its output did not match "never"'],
    [3, ["--until", "never", ...sh("exit 3")], "exited with 3"],
    [124, ["--until", "never", "--timeout", "300ms", ...sh("sleep 60")], "time limit of 0.3 s"],
    [5, ["--name", "alone", ...sh("echo said; exit 5")], ""],
    [124, ["--name", "late", "--timeout", "300ms", ...sh("sleep 60")], "time limit"],
    [2, ["--until", "(", ...sh("sleep 60")], "invalid regular expression"],
    [2, ["--name", "x", "--record", "a.cast", ...sh("true")], "ptyline logs or ptyline export"],
  ]
  for (const [code, args, said] of cases) {
    const result = await home.run("run", ...args)
    expect([args, result.code, result.stderr]).toEqual([args, code, expect.stringContaining(said)])
  }
  const { sessions } = JSON.parse((await home.run("ls", "--state", "running", "--json")).stdout)
  expect(sessions).toEqual([])
}, 60_000)

test("a session gets the caller's stdin, a megabyte of it and its end", async () => {
  const lines = Array.from({ length: 130_000 }, (_, i) => `line ${i}`).join("\n")
  for (const words of [
    ["--name", "fed"],
    ["--name", "fed-late", "--timeout", "60s"],
  ]) {
    const child = home.spawn(["run", ...words, "--", "sh", "-c", "sleep 0.2; cksum; exit 6"])
    child.process.stdin.write(lines)
    const { code, stdout } = await child.result()
    const expected = Bun.spawnSync(["cksum"], { stdin: new Blob([lines]) }).stdout.toString()
    expect([code, stdout]).toEqual([6, expected])
  }
}, 60_000)

test("--name: others see the session, signals reach it, and its terminal has the size given", async () => {
  const script = "trap 'echo caught; exit 9' INT; stty size; while :; do sleep 0.05; done"
  const child = home.spawn([
    "run",
    "--name",
    "seen",
    "--pty",
    "--cols",
    "99",
    "--rows",
    "11",
    "--",
    "sh",
    "-c",
    script,
  ])
  await child.until(() => child.stdout.includes("11 99"), "the program to be ready")
  expect((await home.run("logs", "seen", "--ansi", "strip")).stdout).toContain("11 99")
  child.process.kill("SIGINT")
  const { code, stdout } = await child.result()
  expect([code, stdout]).toEqual([9, expect.stringContaining("caught")])
}, 30_000)

test.skipIf(!onLinux("sessions of a background server"))(
  "sessions of a background server are available after it has stopped",
  async () => {
    using own = new Home({}, true)
    const state = () => JSON.parse(readFileSync(join(own.state, "server.json"), "utf8"))
    const started = await own.run(
      "run",
      "--name",
      "crashed",
      "--until",
      "up",
      "--",
      "sh",
      "-c",
      "echo up; sleep 0.3; exit 3",
    )
    expect(started.code).toBe(0)
    expect((await own.run("wait", "crashed", "--exit", "--timeout", "10s")).code).toBe(0)
    const { pid } = state()
    process.kill(pid, "SIGTERM")
    await eventually(() => !existsSync(`/proc/${pid}`), "the server's end")
    expect(await own.run("logs", "crashed")).toMatchObject({ code: 0, stdout: "up\n" })
    expect(state().pid).not.toBe(pid)
    process.kill(state().pid, "SIGTERM")
    await eventually(() => !existsSync(join(own.state, "server.json")), "the second server's end")
    // after an explicit start and stop, no server starts by itself
    const mine = await own.serve()
    await mine.stop()
    expect((await own.run("logs", "crashed")).code).toBe(4)
  },
  60_000,
)

test("a server with --linger stops when no session has run for that long", async () => {
  using own = new Home()
  const server = await own.serve(["--linger", "1"])
  expect((await own.run("run", "--name", "short", "--", "true")).code).toBe(0)
  const { code, stderr } = await server.child.result()
  expect([code, stderr]).toEqual([0, expect.stringContaining("no session for 1 s")])
}, 30_000)
