// `serve -w N`: processes that share a port and a core, are replaced when they die, and end with the server.

import { expect, test } from "bun:test"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { listeningSockets, socketsOf } from "../../src/backends/process/listeners.ts"
import { eventually } from "../helpers.ts"
import { Home, type Served } from "../program.ts"

const portOf = (server: Served): number => Number(new URL(server.origin).port)

/** The processes that listen on the server's port. */
function listeners(server: Served): number[] {
  const inodes = listeningSockets().flatMap(({ port, inode }) => (port === portOf(server) ? [inode] : []))
  const pids = readdirSync("/proc")
    .filter(name => /^\d+$/.test(name))
    .map(Number)
  return pids.filter(pid => {
    const sockets = socketsOf(pid)
    return inodes.some(inode => sockets.has(inode))
  })
}

const workersOf = (server: Served): number[] => listeners(server).filter(pid => pid !== server.child.pid)

/** Starts a server and waits until all of its processes listen. */
async function serve(home: Home, count: number, flags: string[] = []): Promise<Served> {
  const server = await home.serve(["-w", String(count), ...flags])
  await eventually(() => listeners(server).length === count, `${count} processes on the port`)
  return server
}

const fresh = { headers: { connection: "close" } }
const isGone = (pid: number) => !readdirSync("/proc").includes(String(pid)) || isZombie(pid)
const isZombie = (pid: number) =>
  / [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "latin1").split(")").at(-1)!)

test("three processes serve one core, over TLS too, and end with it", async () => {
  using home = new Home()
  const server = await serve(home, 3, ["--ssl"])
  const tls = { ca: readFileSync(join(home.state, "certs/cert.pem"), "utf8") }
  const pids = new Set<number>()
  for (let i = 0; i < 30; i++) {
    const answer = await server.fetch("/v1/server", {
      tls,
      headers: { authorization: `Bearer ${server.token}`, ...fresh.headers },
    })
    pids.add(((await answer.json()) as { pid: number }).pid)
  }
  expect([...pids]).toEqual([server.child.pid])
  const workers = workersOf(server)
  expect(workers).toHaveLength(2)
  // no secret in their environment or command line
  for (const pid of workers)
    for (const file of ["environ", "cmdline"])
      expect(readFileSync(`/proc/${pid}/${file}`, "latin1")).not.toMatch(/PTYLINE_|PRIVATE KEY/)
  expect((await server.stop()).code).toBe(0)
  expect(workers.every(isGone)).toBe(true)
}, 30_000)

test("a worker that dies is replaced; workers end when the server dies", async () => {
  using home = new Home()
  const server = await serve(home, 2)
  const [first] = workersOf(server)
  process.kill(first!, "SIGKILL")
  await eventually(() => workersOf(server).some(pid => pid !== first), "another worker")
  const [second] = workersOf(server)
  await server.stop("SIGKILL")
  await eventually(() => isGone(second!), "the worker's end")
  await using next = await home.serve(["-w", "2", "--port", String(portOf(server))])
  expect((await next.fetch("/v1/server")).status).toBe(200)
}, 30_000)

test("two servers never share a port, even with workers", async () => {
  using home = new Home()
  using other = new Home()
  await using server = await serve(home, 2)
  const { code, stderr } = await other.run("serve", "-w", "2", "--port", String(portOf(server)))
  expect([code, stderr]).toEqual([1, expect.stringContaining("is taken")])
})
