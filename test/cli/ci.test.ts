// A project's CI script, as it would be in its repository, run with ptyline on its PATH.

import { afterAll, expect, test } from "bun:test"
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fixture, installed } from "../helpers.ts"
import { Home, program } from "../program.ts"

const home = new Home()
const out = join(home.path, "out")
afterAll(async () => {
  const record = join(home.state, "server.json")
  if (existsSync(record)) {
    const { pid } = JSON.parse(readFileSync(record, "utf8"))
    process.kill(pid, "SIGTERM")
    while (existsSync(`/proc/${pid}`)) await Bun.sleep(20)
  }
  home[Symbol.dispose]()
})

const needed = ["gdb", "gcc", "npm", "python3", "curl"]

test.skipIf(!installed(...needed))(
  "a server, npm init, python -i, gdb, a password and a time limit, in bash with set -e",
  async () => {
    const bin = join(home.path, "bin")
    for (const directory of [bin, out]) mkdirSync(directory)
    writeFileSync(join(bin, "ptyline"), `#!/bin/sh\nexec ${program().join(" ")} "$@"\n`)
    chmodSync(join(bin, "ptyline"), 0o755)
    const env = { ...home.env, PATH: `${bin}:${home.env.PATH}`, DEBUGINFOD_URLS: "" }
    const ci = Bun.spawn(["bash", fixture("ci-repository/ci.sh"), out], {
      env,
      cwd: out,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    })
    const [stdout, stderr] = await Promise.all(
      [ci.stdout, ci.stderr].map(stream => new Response(stream).text()),
    )
    expect([await ci.exited, stdout!.trim().split("\n").at(-1), stderr]).toEqual([
      0,
      "== done",
      expect.any(String),
    ])
    const read = (name: string) => readFileSync(join(out, name), "utf8")
    expect(read("hello")).toBe("hello\n")
    expect(read("web.log")).toContain("GET /hello")
    expect(JSON.parse(read("package/package.json"))).toMatchObject({
      name: "asked-for",
      version: "2.1.0",
      license: "MIT",
    })
    expect(read("python.xml")).toContain('failures="0"')
    for (const name of ["password.cast", "password.log"]) {
      expect(read(name)).toContain("you said *************")
      expect(read(name)).not.toContain("correct-horse")
    }
  },
  120_000,
)
