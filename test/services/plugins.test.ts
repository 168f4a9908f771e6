// Plugins of a data directory, with the sample plugin: started, shown, restarted, stopped, and refused when the manifest is wrong.

import { expect, test } from "bun:test"
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { fixture } from "../helpers.ts"
import { Home, type Served } from "../program.ts"

type Info = {
  name: string
  state: string
  pid: number | null
  port: number | null
  restarts: number
  reason: string | null
  log: string[]
}

/** A port that nobody listens on now. */
function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

function install(home: Home, manifest: unknown): string {
  mkdirSync(join(home.state, "plugins"), { recursive: true, mode: 0o700 })
  const path = join(home.state, "plugins/manifest.json")
  writeFileSync(path, typeof manifest === "string" ? manifest : JSON.stringify(manifest))
  return path
}

const sample = (port: number, more: Record<string, unknown> = {}) => ({
  location: fixture("plugin.ts"),
  acronym: "A sample",
  dependencies: ["never installed"],
  runtime: `"${process.execPath}" "{location}" --port {port} --host {host}`,
  supports: ["ssl"],
  core: false,
  enabled: true,
  port,
  role: "says hello",
  ...more,
})

async function pluginsOf(server: Served, init = {}): Promise<Info[]> {
  const answer = (await (await server.fetch("/v1/server", init)).json()) as { plugins: Info[] }
  return answer.plugins
}

/** Waits until the first plugin is as wanted. */
async function plugin(server: Served, wanted: (info: Info) => boolean, init = {}): Promise<Info> {
  for (const late = AbortSignal.timeout(20_000); ; await Bun.sleep(20)) {
    const [info] = await pluginsOf(server, init)
    if (info && wanted(info)) return info
    if (late.aborted) throw new Error(`waited in vain; the plugin is ${JSON.stringify(info)}`)
  }
}

const speaks = (info: Info) => info.log.some(line => line.startsWith("plugin listens"))

/** A zombie, which nobody may have buried yet, is dead. */
const alive = (pid: number) =>
  existsSync(`/proc/${pid}/stat`) && !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "latin1"))

test("a plugin starts with the server, answers, shows state and last lines, comes back after a crash, ends with the server", async () => {
  using home = new Home()
  const port = await freePort()
  install(home, {
    attic: sample(port, { enabled: true }),
    off: sample(port, { enabled: false }),
    hello: sample(port, { core: true }),
  })
  const server = await home.serve()
  const first = await plugin(server, speaks)
  expect(await pluginsOf(server)).toHaveLength(1)
  expect(first).toMatchObject({ name: "hello", state: "running", port, restarts: 0, reason: null })
  const call = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).json()
  expect(await call("/")).toMatchObject({ hello: "from a plugin", pid: first.pid, cwd: home.state })
  const env = (await call("/env")) as Record<string, string>
  expect(Object.keys(env).filter(name => name.startsWith("PTYLINE_"))).toEqual(["PTYLINE_PLUGIN"])
  expect((await server.fetch("/readyz")).status).toBe(200)
  await call("/crash")
  const down = await plugin(server, ({ state }) => state === "waiting")
  expect(down.reason).toBe("exited with code 3")
  expect((await server.fetch("/readyz")).status).toBe(503)
  const second = await plugin(server, info => info.restarts === 1 && info.state === "running")
  expect(second.pid).not.toBe(first.pid)
  const { code } = await server.stop()
  expect([code, alive(second.pid!)]).toEqual([0, false])
}, 30_000)

test("a location may stand in the data directory, have spaces, and be relative to it", async () => {
  using home = new Home()
  for (const location of ["{MOPPY}/plugins/my plugin.ts", "plugins/my plugin.ts"]) {
    const port = await freePort()
    install(home, { hello: sample(port, { location }) })
    copyFileSync(fixture("plugin.ts"), join(home.state, "plugins/my plugin.ts"))
    await using server = await home.serve()
    expect((await plugin(server, speaks)).state).toBe("running")
  }
})

test("a plugin that ignores TERM is killed after 5 s, and the server ends", async () => {
  using home = new Home()
  const port = await freePort()
  install(home, { deaf: sample(port) })
  const server = await home.serve()
  const { pid } = await plugin(server, speaks)
  await fetch(`http://127.0.0.1:${port}/ignore-term`)
  const { code } = await server.stop()
  expect([code, alive(pid!)]).toEqual([0, false])
}, 30_000)

test("what a killed server left running is ended before the plugin starts again", async () => {
  using home = new Home()
  const port = await freePort()
  install(home, { hello: sample(port) })
  const first = await home.serve()
  const orphan = await plugin(first, speaks)
  await first.stop("SIGKILL")
  expect(alive(orphan.pid!)).toBe(true)
  await using second = await home.serve()
  const info = await plugin(second, speaks)
  expect(alive(orphan.pid!)).toBe(false)
  expect(info.pid).not.toBe(orphan.pid)
}, 30_000)

test("under --ssl a plugin that can gets the server's certificate", async () => {
  using home = new Home()
  const port = await freePort()
  install(home, { hello: sample(port) })
  await using server = await home.serve(["--ssl"])
  const ca = await Bun.file(join(home.state, "certs/cert.pem")).text()
  await plugin(server, speaks, { tls: { ca } })
  const answer = await fetch(`https://127.0.0.1:${port}/`, { tls: { ca } } as RequestInit)
  expect(await answer.json()).toMatchObject({ hello: "from a plugin" })
}, 30_000)

test("a port that is taken, and a program that is not there, are told and tried again", async () => {
  using home = new Home()
  const other = createServer().listen(0, "127.0.0.1")
  await new Promise(resolve => other.on("listening", resolve))
  const { port } = other.address() as { port: number }
  install(home, { hello: sample(port), gone: sample(1, { port: null, runtime: "/no/such/program" }) })
  await using server = await home.serve()
  const waiting = await plugin(server, ({ state }) => state === "waiting")
  expect(waiting.reason).toContain(`port ${port} is taken`)
  expect(waiting.reason).toContain(`process ${process.pid}`)
  expect((await pluginsOf(server))[1]!.reason).toBe("cannot be started: ENOENT")
  other.close()
  expect((await plugin(server, ({ state }) => state === "running")).restarts).toBeGreaterThan(0)
}, 30_000)

test("a wrong manifest names the file and the field, and nothing serves", async () => {
  const cases: [unknown, string][] = [
    ["{", "the file"],
    [[], "the file"],
    [{ a: sample(1, { runtime: "" }) }, "a.runtime"],
    [{ a: sample(1, { location: undefined }) }, "a.location"],
    [{ a: sample(1, { port: "9000" }) }, "a.port"],
    [{ a: sample(70_000) }, "a.port"],
    [{ a: sample(1, { enabled: "yes" }) }, "a.enabled"],
    [{ a: sample(1, { supports: "ssl" }) }, "a.supports"],
    [{ "a/b": sample(1) }, "a/b"],
  ]
  using home = new Home()
  for (const [manifest, field] of cases) {
    const path = install(home, manifest)
    const { code, stdout, stderr } = await home.run("serve", "--port", "0")
    expect([code, stdout]).toEqual([2, ""])
    expect(stderr).toContain(`${path}: ${field}: `)
  }
}, 30_000)
