// `ptyline export`: to a file, to a pipe, live, and played by asciinema and a terminal.

import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { eventually, installed, onLinux } from "../helpers.ts"
import { parseCast } from "../ops/asciicast.ts"
import { Home, program, type Served } from "../program.ts"

const home = new Home()
let served: Served

/** Colours, characters of every length, a resize, pauses. */
const SCRIPT = "printf '\\033[1;32mgreen\\033[m 漢字 é 👍\\n'; read x; echo \"after $x\"; exit 3"

beforeAll(async () => {
  served = await home.serve()
  await home.run("new", "--name", "film", "--cols", "80", "--rows", "24", "--", "/bin/sh", "-c", SCRIPT)
  await home.run("wait", "film", "--match", "green")
  await home.run("resize", "film", "90", "20")
  await Bun.sleep(300)
  await home.run("write", "film", "resize\r")
  await home.run("wait", "film", "--exit")
})
afterAll(async () => {
  await served[Symbol.asyncDispose]()
  home[Symbol.dispose]()
})

const pathOf = (name: string) => join(home.path, name)
const OUTPUT = "\x1b[1;32mgreen\x1b[m 漢字 é 👍\r\nresize\r\nafter resize\r\n"

test("-o writes to a file, without progress when stderr is not a terminal", async () => {
  const { code, stdout, stderr } = await home.run("export", "film", "-o", pathOf("film.cast"))
  expect([code, stdout, stderr]).toEqual([0, "", ""])
  const { header, events } = parseCast(readFileSync(pathOf("film.cast"), "utf8"))
  expect(header.term).toMatchObject({ cols: 80, rows: 24 })
  const output = events.filter(([, code]) => code === "o").map(([, , data]) => data)
  expect(output.join("")).toBe(OUTPUT)
  expect(events.find(([, code]) => code === "r")?.[2]).toBe("90x20")
  expect(events.at(-1)?.slice(1)).toEqual(["x", "3"])
})

test("text and page, to stdout or a file", async () => {
  const { stdout } = await home.run("export", "film", "--format", "text")
  expect(stdout).toBe("green 漢字 é 👍\nresize\nafter resize\n")
  expect((await home.run("export", "film", "--format", "html", "-o", pathOf("film.html"))).code).toBe(0)
  expect(readFileSync(pathOf("film.html"), "utf8")).toStartWith("<!doctype html>")
})

test("shows progress on a terminal", async () => {
  // programs in a session do not get the server's variables
  const env = `PTYLINE_STATE_DIR=${home.state}`
  const words = ["env", env, ...program(), "export", "film", "-o", pathOf("told.cast")]
  await home.run("new", "--name", "told", "--", ...words)
  await home.run("wait", "told", "--exit")
  const { stdout } = await home.run("read", "told", "--ansi", "strip")
  expect(stdout.trim()).toMatch(/told\.cast: 1 KiB$/)
})

test("a reader that stops is not an error; a file that cannot be written is", async () => {
  const command = `${program().join(" ")} export film | head -1; echo "code $?"`
  const child = Bun.spawn(["/bin/bash", "-o", "pipefail", "-c", command], { env: home.env, stderr: "pipe" })
  const out = await new Response(child.stdout).text()
  expect(out.split("\n")[0]).toStartWith('{"version":3')
  expect(out).toContain("code 0")
  expect(await new Response(child.stderr).text()).toBe("")
  const refused = await home.run("export", "film", "-o", "/no/such/directory/x")
  expect([refused.code, refused.stderr.includes("/no/such/directory")]).toEqual([1, true])
  expect((await home.run("export", "nobody")).code).toBe(3)
  expect((await home.run("export", "film", "--to", "1", "--from", "5")).code).toBe(2)
})

test("--follow writes events as they happen, up to the exit", async () => {
  await home.run("new", "--name", "live", "--", "/bin/sh", "-c", "echo one; read x; echo two; exit 4")
  const follower = home.spawn(["export", "live", "--follow", "-o", pathOf("live.cast")])
  const soFar = () => {
    try {
      return readFileSync(pathOf("live.cast"), "utf8")
    } catch {
      return ""
    }
  }
  await eventually(() => soFar().includes("one"), "the first line in the file")
  expect(soFar()).not.toContain('"two')
  await home.run("write", "live", "\r")
  expect((await follower.result()).code).toBe(0)
  const { events } = parseCast(soFar())
  expect(events.at(-1)?.slice(1)).toEqual(["x", "4"])
})

describe.skipIf(!installed("asciinema"))("Debian's asciinema, which knows version 2", () => {
  test("prints every byte of the output", async () => {
    await home.run("export", "film", "--format", "asciicast-v2", "-o", pathOf("v2.cast"))
    // asciinema needs a terminal
    const command = `asciinema cat ${pathOf("v2.cast")} > ${pathOf("cat.out")}`
    await home.run("new", "--name", "cat", "--", "/bin/sh", "-c", command)
    await home.run("wait", "cat", "--exit")
    expect(readFileSync(pathOf("cat.out"), "utf8")).toBe(OUTPUT)
  })

  test("plays the recording on a terminal, with its pauses", async () => {
    await home.run("export", "film", "--format", "asciicast-v2", "-o", pathOf("play.cast"))
    const begun = performance.now()
    await home.run("new", "--name", "play", "--", "asciinema", "play", pathOf("play.cast"))
    await home.run("wait", "play", "--exit")
    expect(performance.now() - begun).toBeGreaterThan(250)
    expect((await home.run("info", "play", "--json")).stdout).toContain('"code":0')
    const { stdout } = await home.run("read", "play")
    expect(stdout.replaceAll("\r\r\n", "\r\n")).toContain(OUTPUT)
  })
})

test.skipIf(!onLinux("a file that is always full"))("a full stdout is an error of one sentence", () => {
  const words = ["sh", "-c", 'exec "$@" >/dev/full', "sh", ...program(), "export", "film"]
  const { exitCode, stderr } = Bun.spawnSync(words, { cwd: home.path, env: home.env })
  expect([exitCode, stderr.toString()]).toEqual([
    1,
    expect.stringMatching(/^ptyline export: ENOSPC[^\n]*\n$/),
  ])
})
