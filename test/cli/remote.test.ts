// Servers on other machines, and settings: URLs with tokens, profiles, ssh, the config file.

import { afterAll, beforeAll, expect, test } from "bun:test"
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { installed } from "../helpers.ts"
import { Home, program, type Served } from "../program.ts"
import { Pane } from "./tmux.ts"

/** `there` has the server; `here` is the caller, without one. */
const there = new Home()
const here = new Home()
let server: Served
beforeAll(async () => {
  server = await there.serve()
  await there.run("new", "--name", "far", "--no-echo", "--", "cat")
}, 20_000)
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  there[Symbol.dispose]()
  here[Symbol.dispose]()
})

const withToken = () => ({ PTYLINE_TOKEN: server.token })
const say = (args: string[], env: Record<string, string> = {}) => here.spawn(args, env).result()
const names = (stdout: string) => JSON.parse(stdout).sessions.map(({ name }: { name: string }) => name)
const config = (text: string, name = "config.toml") => {
  mkdirSync(join(here.path, ".config/ptyline"), { recursive: true })
  const path = join(here.path, ".config/ptyline", name)
  writeFileSync(path, text)
  return path
}

test("--url and PTYLINE_URL with the token in the environment", async () => {
  expect(names((await say(["ls", "--json", "--url", server.origin], withToken())).stdout)).toContain("far")
  expect(names((await say(["ls", "--json"], { PTYLINE_URL: server.origin, ...withToken() })).stdout)).toEqual(
    ["far"],
  )
  const none = await say(["ls", "--url", server.origin])
  expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("token required")])
  expect((await say(["send", "far", "--enter", "over http", "--url", server.origin], withToken())).code).toBe(
    0,
  )
  expect((await say(["wait", "far", "--match", "over http", "--url", server.origin], withToken())).code).toBe(
    0,
  )
}, 30_000)

test("run runs the program there and returns its output and exit code", async () => {
  const ran = await say(
    ["run", "--url", server.origin, "--", "sh", "-c", "echo $0 $HOME; exit 8"],
    withToken(),
  )
  expect(ran).toMatchObject({ code: 8, stdout: `sh ${there.path}\n` })
}, 20_000)

test("a session there starts in that server's directory, not in one of this machine", async () => {
  const words = ["new", "--name", "placed", "--url", server.origin, "--", "pwd"]
  expect((await say(words, withToken())).code).toBe(0)
  expect((await say(["logs", "placed", "--url", server.origin], withToken())).stdout).toBe(
    `${there.path}\r\n`,
  )
}, 20_000)

test("an unreachable server exits with 4 and the address tried", async () => {
  const cases: [string[], string][] = [
    [["ls"], `tried ${here.state}/ptyline.sock`],
    [["ls", "--url", "http://127.0.0.1:1"], "no response from http://127.0.0.1:1"],
    [["logs", "-f", "x", "--url", "http://127.0.0.1:1", "--tail", "1"], "http://127.0.0.1:1"],
  ]
  for (const [args, said] of cases) {
    const { code, stderr } = await say(args)
    expect([args, code, stderr]).toEqual([args, 4, expect.stringContaining(said)])
  }
}, 20_000)

test("a token in a URL is rejected, and URLs are checked", async () => {
  for (const url of [
    server.url,
    `${server.origin}/?token=x`,
    "http://a:b@localhost",
    "ftp://x",
    "nonsense",
  ]) {
    const { code, stderr } = await say(["ls", "--url", url])
    expect([url, code]).toEqual([url, 2])
    expect(stderr).toMatch(
      /a command line must not contain the token|takes http:\/\/, https:\/\/ or ssh:\/\/host/,
    )
  }
}, 20_000)

test("login checks a server and saves it under a name, readable by its owner only", async () => {
  const login = (input: string, ...args: string[]) =>
    Bun.spawnSync([...program(), "login", ...args], { env: here.env, stdin: new Blob([input]) })
  expect(login("wrong\n", server.origin, "--name", "lab").exitCode).toBe(1)
  const kept = join(here.path, ".config/ptyline/profiles.json")
  expect(existsSync(kept)).toBe(false)
  const done = login(`${server.token}\n`, server.origin, "--name", "lab")
  expect([done.exitCode, done.stdout.toString()]).toEqual([0, `lab\t${server.origin}\n`])
  expect(statSync(kept).mode & 0o777).toBe(0o600)
  expect(names((await say(["ls", "--json", "--profile", "lab"])).stdout)).toContain("far")
  expect(names((await say(["ls", "--json"], { PTYLINE_PROFILE: "lab" })).stdout)).toContain("far")
  expect((await say(["ls", "--profile", "lba"])).stderr).toContain("did you mean lab?")
  expect(login("", "lab", "--forget").exitCode).toBe(0)
  expect((await say(["ls", "--profile", "lab"])).code).toBe(2)
})

test.skipIf(!installed("tmux"))(
  "login asks for the token without showing it",
  async () => {
    using pane = new Pane(here)
    pane.line(`${Pane.ptyline} login ${server.origin} --name asked`)
    await pane.until("token of")
    pane.line(server.token)
    await pane.until("asked")
    await pane.until(new RegExp(`^asked +${server.origin}$`, "m"))
    expect(pane.history).not.toContain(server.token)
  },
  30_000,
)

const bin = join(here.path, "bin")

/** Installs a fake `ssh` that takes ssh's arguments and runs the command line in the other home. */
function layCable(): void {
  mkdirSync(bin)
  writeFileSync(
    join(bin, "ssh"),
    `#!/bin/sh
echo "$@" >> ${here.path}/ssh.log
while [ "$1" != "--" ]; do [ "$1" = -T ] && shift || shift 2; done
shift; host=$1; shift
[ "$host" = nowhere ] && { echo "ssh: Could not resolve hostname nowhere" >&2; exit 255; }
exec env -i PATH="${bin}:/usr/bin:/bin" HOME=${there.path} PTYLINE_STATE_DIR=${there.state} sh -c "$*"
`,
  )
  writeFileSync(join(bin, "ptyline"), `#!/bin/sh\nexec ${program().join(" ")} "$@"\n`)
  for (const name of ["ssh", "ptyline"]) chmodSync(join(bin, name), 0o755)
}

test("ssh://host runs ptyline there over stdio: ls, run, logs -f", async () => {
  layCable()
  const env = { PATH: `${bin}:${here.env.PATH}` }
  expect(names((await say(["ls", "--json", "--url", "ssh://ada@host:2022"], env)).stdout)).toContain("far")
  expect(readFileSync(join(here.path, "ssh.log"), "utf8")).toContain(
    "-p 2022 -l ada -T -- host ptyline __stdio",
  )
  const ran = await say(["run", "--url", "ssh://host", "--", "sh", "-c", "echo there; exit 4"], env)
  expect(ran).toMatchObject({ code: 4, stdout: "there\n" })
  const lost = await say(["ls", "--url", "ssh://nowhere"], env)
  expect([lost.code, lost.stderr]).toEqual([
    4,
    expect.stringContaining("ssh://nowhere: ssh: Could not resolve hostname nowhere"),
  ])
  expect((await say(["ls", "--url", "ssh://host/bin/sh;id"], env)).code).toBe(2)
  const said = readFileSync(join(here.path, "ssh.log"), "utf8")
  for (const hostile of [
    "-oProxyCommand=id",
    "$(id)",
    "`id`",
    "a;id",
    "-oProxyCommand=id@host",
    "$(id)@host",
  ])
    expect([hostile, (await say(["ls", "--url", `ssh://${hostile}`], env)).code]).toEqual([hostile, 2])
  expect(readFileSync(join(here.path, "ssh.log"), "utf8")).toBe(said)
  await say(["ls", "--url", "ssh://[::1]"], env)
  expect(readFileSync(join(here.path, "ssh.log"), "utf8")).toEndWith("-T -- ::1 ptyline __stdio\n")
}, 40_000)

test("an ended command over ssh leaves no process; a host without ptyline is an error", async () => {
  const temporary = join(here.path, "tmp")
  mkdirSync(temporary)
  const env = { PATH: `${bin}:${here.env.PATH}`, TMPDIR: temporary }
  const following = here.spawn(["logs", "far", "-f", "--url", "ssh://host"], env)
  await there.run("send", "far", "--enter", "for the follower")
  await following.until(() => following.stdout.includes("for the follower"), "the output")
  expect(readdirSync(temporary)).toHaveLength(1)
  following.process.kill("SIGTERM")
  expect((await following.result()).signal).toBe("SIGTERM")
  expect(readdirSync(temporary)).toEqual([])
  const { code, stderr } = await say(["ls", "--url", "ssh://host/bin/echo"], env)
  expect([code, stderr]).toEqual([4, expect.stringContaining("the program there is not ptyline")])
}, 30_000)

test.skipIf(!installed("tmux"))(
  "attach over ssh",
  async () => {
    await there.run("send", "far", "--enter", "drawn")
    using pane = new Pane(here)
    pane.line(`PATH=${bin}:$PATH ${Pane.ptyline} attach far --url ssh://host`)
    await pane.until("drawn")
    pane.line("typed over ssh")
    await pane.until(/^typed over ssh/m)
    pane.keys("C-\\", "d")
    await pane.until("detached from far")
  },
  40_000,
)

test("the config file: flags and environment override it, it overrides the defaults; ptyline config shows which", async () => {
  const path = config(
    'url = "http://127.0.0.1:1"\n[run]\ntimeout = "100ms"\n[serve]\nport = 4567\nallow_host = ["a.example"]\n',
  )
  const effective = async (env: Record<string, string> = {}) => {
    const { settings } = JSON.parse((await say(["config", "--json"], env)).stdout)
    return Object.fromEntries(
      settings.map(({ key, value, source }: Record<string, unknown>) => [key, [value, source]]),
    )
  }
  expect(await effective({ PTYLINE_PORT: "99" })).toMatchObject({
    url: ["http://127.0.0.1:1", "file"],
    "serve.port": ["99", "environment"],
    "serve.allow_host": [["a.example"], "file"],
    "serve.log": ["text", "default"],
    "run.timeout": ["100ms", "file"],
    "run.grace": ["2s", "default"],
    "attach.detach_keys": ["ctrl-\\,d", "default"],
  })
  expect((await say(["config"])).stdout).toMatch(new RegExp(`^serve\\.port +"4567" +${path}$`, "m"))
  const own = { PTYLINE_URL: server.origin }
  expect((await say(["ls"])).code).toBe(4)
  expect((await say(["ls"], { ...own, ...withToken() })).code).toBe(0)
  writeFileSync(path, '[run]\ntimeout = "100ms"\n')
  expect((await say(["run", "--", "sleep", "60"])).code).toBe(124)
  expect((await say(["run", "--timeout", "20s", "--", "sh", "-c", "sleep 0.3; exit 3"])).code).toBe(3)
  expect(
    (await say(["run", "--", "sh", "-c", "sleep 0.3; exit 3"], { PTYLINE_RUN_TIMEOUT: "20s" })).code,
  ).toBe(3)
}, 30_000)

test("a mistake in the config file is an error with the key and the nearest known key", async () => {
  const cases: [string, string, string][] = [
    ["config.toml", "[serve]\nprot = 1\n", "unknown key serve.prot; did you mean serve.port?"],
    ["config.toml", "[atach]\n", "unknown key atach; did you mean attach?"],
    ["config.toml", '[serve]\nauth = "yes"\n', "serve.auth: "],
    ["config.toml", "[serve\n", "config.toml: "],
    ["own.json", '{"run":{"timeuot":"1s"}}', "unknown key run.timeuot; did you mean run.timeout?"],
  ]
  for (const [name, text, said] of cases) {
    const path = config(text, name)
    for (const command of [["config"], ["run", "--", "true"], ["serve", "--port", "0"]]) {
      const { code, stderr } = await say(command, { PTYLINE_CONFIG: path })
      expect([name, command, code, stderr]).toEqual([name, command, 2, expect.stringContaining(said)])
    }
  }
}, 60_000)
