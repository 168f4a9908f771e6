// `ptyline run` without a server: output, exit codes, signals, limits, and no leftover processes.

import { afterAll, expect, test } from "bun:test"
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { childrenOf, eventually, inNamespaces } from "../helpers.ts"
import { Home, program } from "../program.ts"

const home = new Home()
afterAll(() => home[Symbol.dispose]())

const sh = (script: string) => ["--", "sh", "-c", script]
const shell = (script: string) => Bun.spawnSync(["sh", "-c", script], { cwd: home.path, env: home.env })
const ptyline = program().join(" ")

/** Reports whether a process exists and is not a zombie. */
function alive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "latin1"))
  } catch {
    return false
  }
}

const pidIn = async (file: string): Promise<number> => {
  const path = join(home.path, file)
  await eventually(
    () => existsSync(path) && readFileSync(path, "utf8").endsWith("\n"),
    `${file} to be written`,
  )
  return Number(readFileSync(path, "utf8"))
}

test("stdout and stderr are separate and unchanged, and the exit code is the program's", async () => {
  expect(await home.run("run", ...sh("echo out; echo err >&2; exit 7"))).toEqual({
    code: 7,
    signal: null,
    stdout: "out\n",
    stderr: "err\n",
  })
  expect(await home.run("run", "--command", "echo $((6*7))")).toMatchObject({ code: 0, stdout: "42\n" })
  expect(existsSync(home.state)).toBe(false)
})

test("exit codes: 128 plus the signal, 124 for the time limit, 126 and 127 for a failed start", async () => {
  writeFileSync(join(home.path, "plain"), "no program")
  const cases: [number, string[], string][] = [
    [0, sh("exit 0"), ""],
    [255, sh("exit 255"), ""],
    [137, sh("kill -9 $$"), ""],
    [143, sh("kill -TERM $$"), ""],
    [139, ["--pty", ...sh("kill -SEGV $$")], ""],
    [124, ["--timeout", "100ms", "--", "sleep", "60"], "time limit of 0.1 s"],
    [124, ["--timeout", "100ms", "--pty", "--", "sleep", "60"], "time limit"],
    [127, ["--", "no-such-program-x"], "no such command: no-such-program-x"],
    [126, ["--", "./plain"], "not executable: ./plain"],
  ]
  for (const [code, args, said] of cases) {
    const result = await home.run("run", ...args)
    expect([args, result.code]).toEqual([args, code])
    expect(result.stderr).toContain(said)
  }
}, 30_000)

test("errors are one sentence", async () => {
  const cases: [number, string[], string][] = [
    [2, ["run"], "give the program"],
    [2, ["run", "--cols", "0", "--pty", "--", "true"], "--cols"],
    [2, ["run", "--pty", "--pipe", "--", "true"], "exclude"],
    [2, ["run", "--timeout", "soon", "--", "true"], '"soon"'],
    [2, ["run", "--env", "novalue", "--", "true"], "name=value"],
    [2, ["run", "--tiemout", "1", "--", "true"], "did you mean --timeout?"],
    [1, ["run", "--cwd", "/no/such", "--", "true"], "/no/such"],
    [1, ["run", "--record", "/no/such/x.cast", "--", "true"], "cannot write /no/such/x.cast"],
  ]
  for (const [code, args, named] of cases) {
    const result = await home.run(...args)
    expect([args, result.code, result.stdout]).toEqual([args, code, ""])
    expect(result.stderr).toContain(named)
    expect(result.stderr.trim().split("\n").length).toBeLessThan(3)
  }
}, 20_000)

test("the program gets its directory and variables, and no token", () => {
  const script = `PTYLINE_TOKEN=hush A=1 ${ptyline} run --cwd / --env B=2 -- sh -c 'pwd; echo $A$B; env | grep -c PTYLINE_'`
  expect(shell(script).stdout.toString()).toBe("/\n12\n1\n")
})

test("the program reads all of the caller's stdin and its end, on pipes and on a terminal", async () => {
  const bytes = Uint8Array.from({ length: 512 }, (_, i) => i)
  await Bun.write(join(home.path, "bytes"), bytes)
  expect(Buffer.compare(shell(`${ptyline} run -- cat < bytes`).stdout, bytes)).toBe(0)
  expect(Buffer.compare(shell(`cat bytes | ${ptyline} run --record b.cast -- cat`).stdout, bytes)).toBe(0)
  expect(
    shell(`printf 'a\\nb\\n' | ${ptyline} run --pty -- sh -c 'stty -echo; cat; echo end'`).stdout.toString(),
  ).toContain("a\r\nb\r\nend\r\n")
  expect(shell(`${ptyline} run -- cat < /dev/null`).exitCode).toBe(0)
}, 20_000)

test("the terminal has the size given, and a program on pipes has none", async () => {
  const sized = await home.run("run", "--pty", "--cols", "97", "--rows", "31", "--", "stty", "size")
  expect(sized).toMatchObject({ code: 0, stdout: "31 97\r\n" })
  expect((await home.run("run", ...sh("test -t 1 || echo none"))).stdout).toBe("none\n")
  expect((await home.run("run", "--pty", ...sh("test -t 1 && echo one"))).stdout).toBe("one\r\n")
})

test("a long output arrives complete at a slow reader, and memory does not grow", async () => {
  for (const how of ["", "--pty", "--record all.cast"]) {
    const lines = `${ptyline} run ${how} -- seq 1 400000`
    const slow = shell(`${lines} | (sleep 0.3; tr -d '\\r' | wc -c)`)
    expect([how, slow.stdout.toString().trim()]).toEqual([how, "2688895"])
  }
}, 40_000)

test("it ends quietly with all its processes when its reader does", async () => {
  for (const how of ["", "--pty", "--record cut.cast"]) {
    const script = `(${ptyline} run ${how} -- sh -c 'echo $$ > reader.pid; exec yes'; echo $? > code) 2> said | head -n 1`
    expect(shell(script).stdout.toString().trim()).toBe("y")
    expect([how, readFileSync(join(home.path, "code"), "utf8")]).toEqual([how, "141\n"])
    expect(readFileSync(join(home.path, "said"), "utf8")).toBe("")
    expect(alive(Number(readFileSync(join(home.path, "reader.pid"), "utf8")))).toBe(false)
  }
}, 30_000)

test("shared descriptors stay blocking", () => {
  const script = `(${ptyline} run -- true; grep flags /proc/self/fdinfo/1 | tr -d '\\n') | cat`
  const flags = Number.parseInt(shell(script).stdout.toString().split(/\s+/)[1]!, 8)
  expect(flags & 0o4000).toBe(0)
})

test("signals reach the program; if it catches them, its exit code counts", async () => {
  for (const [signal, how] of [
    ["SIGINT", "--pipe"],
    ["SIGTERM", "--pipe"],
    ["SIGUSR1", "--pipe"],
    ["SIGHUP", "--pty"],
    ["SIGTERM", "--pty"],
  ] as const) {
    const script = `trap 'echo caught; exit 5' INT TERM HUP USR1; echo ready; while :; do sleep 0.02; done`
    const child = home.spawn(["run", how, ...sh(script)])
    await child.until(() => child.stdout.includes("ready"), "the program to be ready")
    child.process.kill(signal)
    const { code, stdout } = await child.result()
    expect([signal, how, code, stdout.includes("caught")]).toEqual([signal, how, 5, true])
  }
}, 30_000)

test("INT ends the program too: 130", async () => {
  const child = home.spawn(["run", ...sh("echo $$ > pid; exec sleep 60")])
  const pid = await pidIn("pid")
  child.process.kill("SIGINT")
  expect((await child.result()).code).toBe(130)
  expect(alive(pid)).toBe(false)
})

test("a program that ignores TERM is killed after the grace period", async () => {
  const child = home.spawn([
    "run",
    "--grace",
    "200ms",
    ...sh("trap '' TERM HUP; echo ready; while :; do sleep 0.05; done"),
  ])
  await child.until(() => child.stdout.includes("ready"), "the program to be ready")
  child.process.kill("SIGTERM")
  expect((await child.result()).code).toBe(137)
})

test("no process is left: background children and daemons in their own process sessions end", async () => {
  for (const how of ["--pipe", "--pty"]) {
    const script =
      "sleep 61 & echo $! > a; setsid sh -c 'echo $$ > b; exec sleep 62' & while [ ! -s b ]; do :; done; echo done"
    const { code, stdout } = await home.run("run", how, ...sh(script))
    expect([how, code, stdout.trim()]).toEqual([how, 0, "done"])
    for (const file of ["a", "b"])
      expect(alive(Number(readFileSync(join(home.path, file), "utf8")))).toBe(false)
    for (const file of ["a", "b"]) writeFileSync(join(home.path, file), "")
  }
}, 20_000)

test("--quiet prints nothing on success, and the last lines on failure", async () => {
  expect(await home.run("run", "--quiet", ...sh("seq 1 100"))).toMatchObject({
    code: 0,
    stdout: "",
    stderr: "",
  })
  const failed = await home.run("run", "--quiet", "--tail", "2", ...sh("seq 1 1000; exit 3"))
  expect(failed).toMatchObject({ code: 3, stdout: "999\n1000\n" })
  expect(failed.stderr).toContain("3884 earlier bytes are not shown")
  expect((await home.run("run", "--quiet", ...sh("seq 1 100; exit 3"))).stdout).toStartWith("51\n")
  expect((await home.run("run", "--tail", "1", ...sh("seq 1 3"))).stdout).toBe("3\n")
}, 20_000)

test("--json prints exit and output in the shape of the HTTP API", async () => {
  const { code, stdout } = await home.run("run", "--json", ...sh("echo out; echo err >&2; exit 4"))
  expect(code).toBe(4)
  const { exit, ...rest } = JSON.parse(stdout)
  expect(exit).toMatchObject({ code: 4, signal: null })
  expect(rest).toEqual({ data: "out\nerr\n", omitted: 0, session_id: null, timed_out: false })
})

test("--record writes an asciicast with output, times and exit, readable by its owner only", async () => {
  const script = ["sh", "-c", "printf 'h\\303\\244\\n'; sleep 0.2; echo two; exit 3"]
  await home.run("run", "--record", "a.cast", "--cols", "90", "--rows", "20", "--", ...script)
  const path = join(home.path, "a.cast")
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const [header, ...events] = readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map(line => JSON.parse(line))
  expect(header).toMatchObject({ version: 3, term: { cols: 90, rows: 20 }, command: script.join(" ") })
  expect(events.map(([, code, data]) => [code, data])).toEqual([
    ["o", "hä\r\n"],
    ["o", "two\r\n"],
    ["x", "3"],
  ])
  expect(events[1][0]).toBeGreaterThan(0.15)
})

const container = inNamespaces("--pid", "--fork", "--mount-proc", "--kill-child")

test.if(container !== null)(
  "as process 1 of a container it ends on TERM and buries orphans",
  async () => {
    const script = "(sleep 0.1 &) ; trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done"
    const words = [...container!, ...program(), "run", ...sh(script)]
    const child = Bun.spawn(words, { cwd: home.path, env: home.env, stdout: "pipe", stderr: "pipe" })
    const reader = child.stdout.getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("ready\n")
    const [first] = childrenOf(child.pid)
    await eventually(() => childrenOf(first!).length === 1, "the orphan to be buried")
    process.kill(first!, "SIGTERM")
    await child.exited
    expect(child.exitCode).toBe(9)
  },
  30_000,
)
