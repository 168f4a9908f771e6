// Plugins, with the sample plugin: started, listed, restarted and stopped, and rejected with a wrong
// manifest.

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

/** Returns a port that is free now. */
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
  const response = (await (await server.fetch("/v1/server", init)).json()) as { plugins: Info[] }
  return response.plugins
}

/** Waits until the first plugin has the expected state. */
async function plugin(server: Served, expected: (info: Info) => boolean, init = {}): Promise<Info> {
  for (const timeout = AbortSignal.timeout(20_000); ; await Bun.sleep(20)) {
    const [info] = await pluginsOf(server, init)
    if (info && expected(info)) return info
    if (timeout.aborted) throw new Error(`timed out; the plugin is ${JSON.stringify(info)}`)
  }
}

const isReady = (info: Info) => info.log.some(line => line.startsWith("plugin listens"))

/** A zombie counts as dead; its parent may not have reaped it yet. */
const alive = (pid: number) =>
  existsSync(`/proc/${pid}/stat`) && !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "latin1"))

test("a plugin starts with the server, shows its state and last lines, restarts after a crash, and stops with the server", async () => {
  using home = new Home()
  const port = await freePort()
  install(home, {
    attic: sample(port, { enabled: true }),
    off: sample(port, { enabled: false }),
    hello: sample(port, { core: true }),
  })
  const server = await home.serve()
  const first = await plugin(server, isReady)
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

test("a location may be in the data directory, contain spaces, and be relative", async () => {
  using home = new Home()
  for (const location of ["{MOPPY}/plugins/my plugin.ts", "plugins/my plugin.ts"]) {
    const port = await freePort()
    install(home, { hello: sample(port, { location }) })
    copyFileSync(fixture("plugin.ts"), join(home.state, "plugins/my plugin.ts"))
    await using server = await home.serve()
    expect((await plugin(server, isReady)).state).toBe("running")
  }
})

test("a plugin that ignores TERM is killed after 5 s, and the server exits", async () => {
  using home = new Home()
  const port = await freePort()
  install(home, { deaf: sample(port) })
  const server = await home.serve()
  const { pid } = await plugin(server, isReady)
  await fetch(`http://127.0.0.1:${port}/ignore-term`)
  const { code } = await server.stop()
  expect([code, alive(pid!)]).toEqual([0, false])
}, 30_000)

test("a plugin left by a killed server is ended before the new one starts", async () => {
  using home = new Home()
  const port = await freePort()
  install(home, { hello: sample(port) })
  const first = await home.serve()
  const orphan = await plugin(first, isReady)
  await first.stop("SIGKILL")
  expect(alive(orphan.pid!)).toBe(true)
  await using second = await home.serve()
  const info = await plugin(second, isReady)
  expect(alive(orphan.pid!)).toBe(false)
  expect(info.pid).not.toBe(orphan.pid)
}, 30_000)

test("under --ssl a plugin that supports it gets the server's certificate", async () => {
  using home = new Home()
  const port = await freePort()
  install(home, { hello: sample(port) })
  await using server = await home.serve(["--ssl"])
  const ca = await Bun.file(join(home.state, "certs/cert.pem")).text()
  await plugin(server, isReady, { tls: { ca } })
  const response = await fetch(`https://127.0.0.1:${port}/`, { tls: { ca } } as RequestInit)
  expect(await response.json()).toMatchObject({ hello: "from a plugin" })
}, 30_000)

test("a port in use and a missing program are reported and retried", async () => {
  using home = new Home()
  const other = createServer().listen(0, "127.0.0.1")
  await new Promise(resolve => other.on("listening", resolve))
  const { port } = other.address() as { port: number }
  install(home, { hello: sample(port), missing: sample(1, { port: null, runtime: "/no/such/program" }) })
  await using server = await home.serve()
  const waiting = await plugin(server, ({ state }) => state === "waiting")
  expect(waiting.reason).toContain(`port ${port} is in use`)
  expect(waiting.reason).toContain(`process ${process.pid}`)
  expect((await pluginsOf(server))[1]!.reason).toBe("cannot be started: ENOENT")
  other.close()
  expect((await plugin(server, ({ state }) => state === "running")).restarts).toBeGreaterThan(0)
}, 30_000)

test("a wrong manifest: the error names the file and the field, and the server does not start", async () => {
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
