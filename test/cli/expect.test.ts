// `ptyline expect`: scripts against real programs, what a failure writes, and masked secrets.

import { afterAll, expect, test } from "bun:test"
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { installed } from "../helpers.ts"
import { Home } from "../program.ts"

const home = new Home({ PS1: "$ " })
afterAll(() => home[Symbol.dispose]())

const file = (name: string, text: string): string => {
  writeFileSync(join(home.path, name), text)
  return name
}
const read = (name: string) => readFileSync(join(home.path, name), "utf8")
const script = (name: string, value: unknown) => file(name, JSON.stringify(value))
const sh = (line: string) => ["--", "sh", "-c", line]

test("json: text, expressions, any of several, keys, paste, resize, the screen, the exit", async () => {
  const path = script("all.json", {
    steps: [
      { expect: "name?" },
      { send: "ada\n" },
      { expect: { regex: "hello (\\w+)" } },
      { expect: { any: ["nothing", { regex: "to? go" }, "ready to go"] } },
      { paste: "pasted\n" },
      { expect: "got pasted" },
      { resize: { cols: 91, rows: 33 } },
      { keys: ["x", "enter"] },
      { expect: "33 91" },
      { expect: { screen: "got pasted" } },
      { keys: "ctrl-d" },
      { assert_exit: 3, timeout_ms: 20000 },
    ],
  })
  const program =
    'printf "name? "; read n; echo "hello $n"; echo ready to go; read p; echo "got $p"; read x; stty size; cat; exit 3'
  const { code, stdout, stderr } = await home.run("expect", path, ...sh(program))
  expect([code, stderr]).toEqual([0, ""])
  expect(stdout).toContain("hello ada")
  expect(existsSync(join(home.path, "all.cast"))).toBe(false)
}, 30_000)

test("yaml with branches: the output selects the input, and a choice can be a failure", async () => {
  const path = file(
    "branch.yaml",
    `
timeout_ms: 20000
steps:
  - expect:
      any:
        - regex: 'overwrite\\?'
          do:
            - send: "y\\n"
            - expect: overwritten
        - text: denied
          fail: no access
  - name: it may ask again, or not
    expect: again?
    timeout_ms: 100
    otherwise:
      - send: "done\\n"
  - assert_exit: 0
`,
  )
  const asks = 'printf "overwrite? "; read a; echo overwritten; read b; test "$b" = done'
  expect(await home.run("expect", path, "--quiet", ...sh(asks))).toMatchObject({
    code: 0,
    stdout: "",
    stderr: "",
  })
  const denied = await home.run("expect", path, "--quiet", ...sh("echo denied; read a"))
  expect(denied.code).toBe(1)
  expect(denied.stderr).toContain('steps[0] (expect {"any":')
  expect(denied.stderr).toContain('no access (matched "denied")')
}, 30_000)

test("a failing step reports the expected text and the screen, and writes a recording and reports", async () => {
  const path = script("fail.json", {
    steps: [{ expect: "one" }, { expect: "three", timeout_ms: 300 }, { send: "never\n" }],
  })
  const program = ["--", "sh", "-c", "echo one; printf '\\033[31mtwo & <b>\\033[m'; sleep 60"]
  const { code, stdout, stderr } = await home.run("expect", path, "--json", "--junit", "r.xml", ...program)
  expect(code).toBe(1)
  expect(stderr).toContain('fail.json: steps[1] (expect "three"): timed out after 300 ms waiting for "three"')
  expect(stderr).toContain("--- the screen at that moment\none\ntwo & <b>\n---")
  expect(stderr).toContain("the recording is fail.cast")
  const cast = read("fail.cast").trim().split("\n")
  expect(JSON.parse(cast[0]!)).toMatchObject({ version: 3, term: { cols: 120, rows: 30 } })
  expect(
    cast
      .slice(1)
      .map(line => JSON.parse(line)[2])
      .join(""),
  ).toContain("one\r\n\x1b[31mtwo & <b>\x1b[m")
  expect(statSync(join(home.path, "fail.cast")).mode & 0o777).toBe(0o600)
  const report = JSON.parse(stdout)
  expect(report).toMatchObject({ script: "fail.json", passed: false, recording: "fail.cast" })
  expect(report.steps.map((step: { place: string; outcome: string }) => [step.place, step.outcome])).toEqual([
    ["steps[0]", "passed"],
    ["steps[1]", "failed"],
  ])
  expect(report.steps[1]).toMatchObject({ awaited: '"three"', screen: "one\ntwo & <b>\n" })
  const xml = read("r.xml")
  expect(xml).toContain('<testsuite name="fail.json" tests="2" failures="1"')
  expect(xml).toContain("one\ntwo &amp; &lt;b&gt;")
}, 30_000)

test.skipIf(!installed("python3"))(
  "a report for CI is XML",
  async () => {
    const path = script("odd.json", { steps: [{ expect: "one" }, { expect: "]]> & <b>", timeout_ms: 100 }] })
    const program = ["--", "sh", "-c", "echo one; printf 'two & <b>\\001'; sleep 60"]
    expect((await home.run("expect", path, "--junit", "odd.xml", ...program)).code).toBe(1)
    const count =
      "import sys,xml.dom.minidom as m; print(len(m.parse('odd.xml').getElementsByTagName('testcase')))"
    const { stdout } = Bun.spawnSync(["python3", "-c", count], { cwd: home.path })
    expect(stdout.toString().trim()).toBe("2")
  },
  30_000,
)

test("a program that ends too early, or with the wrong status, fails its step", async () => {
  const early = await home.run(
    "expect",
    script("early.json", { steps: [{ expect: "more" }] }),
    ...sh("echo less"),
  )
  expect([early.code, early.stderr]).toEqual([1, expect.stringContaining('the program ended without "more"')])
  const cases: [unknown, string, string | null][] = [
    [0, "exit 0", null],
    [0, "exit 2", "the program ended with code 2, not with code 0"],
    [{ signal: "TERM" }, "kill -TERM $$", null],
    [{ signal: "SIGTERM" }, "exit 1", "ended with code 1, not with SIGTERM"],
    [0, "kill -9 $$", "ended with SIGKILL, not with code 0"],
  ]
  for (const [wanted, line, said] of cases) {
    const { code, stderr } = await home.run(
      "expect",
      script("exit.json", { steps: [{ assert_exit: wanted }] }),
      ...sh(line),
    )
    expect([wanted, line, code]).toEqual([wanted, line, said === null ? 0 : 1])
    if (said) expect(stderr).toContain(said)
  }
}, 40_000)

test("a secret is typed and appears nowhere: output, recording, reports, command lines, errors", async () => {
  const path = script("secret.json", {
    steps: [
      { expect: "Password:" },
      { secret: "THE_PASSWORD" },
      { expect: "right" },
      { expect: "never", timeout_ms: 200 },
    ],
  })
  // this program prints the password, also in two halves, and all command lines
  const program =
    'stty -echo; printf "Password: "; read p; stty echo; [ "$p" = hunter2-x ] && echo right; echo "it was $p"; printf hunt; sleep 0.1; echo er2-x; cat /proc/[0-9]*/cmdline | tr "\\0" " "; sleep 60'
  const child = home.spawn(["expect", path, "--junit", "s.xml", ...sh(program)], {
    THE_PASSWORD: "hunter2-x",
  })
  const { code, stdout, stderr } = await child.result()
  expect(code).toBe(1)
  expect(stdout).toContain("it was *********")
  for (const [where, text] of Object.entries({
    stdout,
    stderr,
    cast: read("secret.cast"),
    junit: read("s.xml"),
  }))
    expect([where, text.replaceAll("= hunter2-x", "").includes("hunter2-x")]).toEqual([where, false])
  const none = await home.run("expect", path, ...sh('printf "Password: "; read p'))
  expect(none.stderr).toContain("environment variable THE_PASSWORD is not set")
}, 30_000)

test("an invalid script is an error with file, step and field, before the program runs", async () => {
  const cases: [string, string, string][] = [
    ["a.json", '{"steps":[{"expect":"x"},{"sned":"y"}]}', "a.json: steps[1].sned: unknown field"],
    ["b.json", '{"steps":[{"expect":"x","send":"y"}]}', "b.json: steps[0]: needs exactly one of"],
    [
      "c.json",
      '{"steps":[{"expect":{"any":[{"regex":"x","do":[{"sleep":-1}]}]}}]}',
      "c.json: steps[0].expect.any[0].do[0].sleep",
    ],
    ["d.json", '{"steps":[{"send":5}]}', "d.json: steps[0].send"],
    ["e.json", '{"steps":[', "e.json: "],
    ["f.yaml", "steps:\n  - expect: [\n", "f.yaml:"],
    [
      "g.json",
      '{"steps":[{"secret":"not a name"}]}',
      "g.json: steps[0].secret: must be the name of an environment variable",
    ],
    ["h.json", '{"stpes":[]}', "h.json: stpes: unknown field"],
    ["i.json", '{"steps":[{"send":"x","do":[]}]}', "i.json: steps[0].do: requires expect"],
  ]
  for (const [name, text, said] of cases) {
    const { code, stderr } = await home.run("expect", file(name, text), ...sh("touch ran"))
    expect([name, code, stderr]).toEqual([name, 2, expect.stringContaining(said)])
  }
  expect((await home.run("expect", "none.yaml", "--", "true")).stderr).toContain("cannot read none.yaml")
  expect((await home.run("expect", script("ok.json", { steps: [{ expect: "x" }] }))).stderr).toContain(
    "give the program",
  )
  expect((await home.run("expect", "ok.json", "--", "no-such-program-x")).code).toBe(127)
  expect(existsSync(join(home.path, "ran"))).toBe(false)
}, 30_000)

test("TypeScript: an object, and a function that imports the library without a package", async () => {
  file(
    "data.ts",
    'const steps: { expect: string }[] = [{ expect: "hi" }]\nexport default { steps, command: ["echo", "hi"] }\n',
  )
  expect((await home.run("expect", "data.ts")).code).toBe(0)
  file(
    "talk.ts",
    `import { expect, ExpectError, type Dialogue } from "ptyline"
export default async (shell: Dialogue) => {
  await shell.send("echo $((6*7))\\n")
  const { text } = await shell.expect({ regex: "4[0-9]" })
  await using other = await expect(["cat"])
  await other.send(text + "\\n")
  await other.expect("42")
  const refused = await other.expect("never", { timeout_ms: 50 }).catch((error: unknown) => error)
  if (!(refused instanceof ExpectError)) throw new Error("it must be rejected")
  await shell.send("exit 6\\n")
  await shell.assertExit(6)
}
`,
  )
  const talked = await home.run("expect", "talk.ts", "--quiet", "--", "sh")
  expect([talked.code, talked.stderr]).toEqual([0, ""])
  file(
    "bad.ts",
    'export default async (it: { expect(text: string, o: object): Promise<void> }) => it.expect("never", { timeout_ms: 50 })\n',
  )
  const bad = await home.run("expect", "bad.ts", "--quiet", "--", "cat")
  expect([bad.code, bad.stderr]).toEqual([
    1,
    expect.stringContaining('timed out after 50 ms waiting for "never"'),
  ])
  rmSync(join(home.path, "bad.cast"))
}, 30_000)

test("no process of the program is left after the script", async () => {
  const path = script("left.json", { steps: [{ expect: "ready" }] })
  await home.run("expect", path, ...sh("sleep 61 & echo $! > pid; setsid sleep 62 & echo ready; read x"))
  const pid = read("pid").trim()
  expect(existsSync(`/proc/${pid}`) && !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ")).toBe(
    false,
  )
}, 20_000)
