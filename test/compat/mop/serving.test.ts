// MOP and the server's options: no command, another directory, workers and the stop
// (contract mop, 5: statements 30 and 39, and 29 with workers).

import { expect, setDefaultTimeout, test } from "bun:test"
import { existsSync, mkdirSync, readdirSync, realpathSync } from "node:fs"
import { join } from "node:path"
import { listeningSockets, socketsOf } from "../../../src/backends/process/listeners.ts"
import { eventually, scratch } from "../../helpers.ts"
import { Home } from "../../program.ts"
import { BASH, Client, type MopServer, mopServer, Stream } from "./client.ts"

setDefaultTimeout(60_000)

/** Waits until `count` processes listen on the server's port. */
async function listening(server: MopServer, count: number): Promise<void> {
  const port = Number(new URL(server.origin).port)
  const listeners = () => {
    const inodes = listeningSockets().flatMap(socket => (socket.port === port ? [socket.inode] : []))
    const pids = readdirSync("/proc").filter(name => /^\d+$/.test(name))
    return pids.filter(pid => {
      const sockets = socketsOf(Number(pid))
      return inodes.some(inode => sockets.has(inode))
    })
  }
  await eventually(() => listeners().length === count, `${count} processes on the port`)
}

/** Sends a request on a new connection, which any of the processes may get. */
const postAlone = (server: MopServer, path: string, body: unknown) =>
  server.post(path, body, { connection: "close" })

test("30: sessions run in --cwd; without -c the surface is off", async () => {
  using directory = scratch()
  await using server = await mopServer(["--no-auth", "--cwd", directory.path, "-c", "pwd"])
  const client = await server.start({}, null)
  expect(await client.until(/PROCESS EXITED/)).toContain(realpathSync(directory.path))
  using home = new Home()
  await using plain = await home.serve(["--no-auth"])
  const init = await fetch(`${plain.origin}/mop/init`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  })
  expect(init.status).toBe(404)
})

test("39: with three workers a key is one session: poll, stream and socket", async () => {
  await using server = await mopServer(["-w", "3", ...BASH])
  await listening(server, 3)
  const { body } = await postAlone(server, "/mop/init", {})
  const { key } = body
  for (let i = 0; i < 10; i++)
    expect((await postAlone(server, "/mop/write", { key, stdin: `echo n${i}.` })).status).toBe(200)
  const client = new Client(server, key)
  await client.until(/n9\.\r\n/)
  const texts = new Set<string>()
  for (let i = 0; i < 10; i++) texts.add((await postAlone(server, "/mop/read", { key })).body.output_hash)
  expect(texts.size).toBe(1)
  expect((await server.process()).body.sessions).toBe(2)
  for (let i = 0; i < 5; i++) {
    const { alias } = (await postAlone(server, "/mop/alias", { key })).body
    using sock = await client.socket(alias)
    using stream = await Stream.open(client)
    sock.send({ stdin: `echo sock${i}.` })
    await sock.until(() => sock.text.includes(`sock${i}.\r\n`), "its own output")
    await stream.until(() => stream.stdout.includes(`sock${i}.\r\n`), "the same output")
    expect(sock.text).toContain("n0.")
    using rejected = await client.socket(alias)
    expect((await rejected.closed).code).not.toBe(1000)
  }
  expect((await postAlone(server, "/mop/end", { key })).status).toBe(200)
  expect((await postAlone(server, "/mop/ping", { key })).status).toBe(404)
})

test("29: rate limits count over all workers", async () => {
  await using server = await mopServer(["-w", "3", "-r", ...BASH])
  await listening(server, 3)
  const statuses: number[] = []
  for (let i = 0; i < 9; i++) statuses.push((await postAlone(server, "/mop/init", {})).status)
  expect(statuses).toEqual([200, 200, 429, 429, 429, 429, 429, 429, 429])
})

test("39: a stop ends unflagged sessions, also stubborn ones, and no key is in the log", async () => {
  await using server = await mopServer([
    "-w",
    "2",
    "--debug",
    "--no-auth",
    "-c",
    `sh -c 'trap "" HUP TERM; echo pid=$$.; while :; do sleep 1; done'`,
  ])
  await listening(server, 2)
  const clients = [await server.start({}, /pid=\d+\./), await server.start({}, /pid=\d+\./)]
  const pids = await Promise.all(clients.map(async client => /pid=(\d+)\./.exec(await client.text())![1]!))
  const alias = await clients[0]!.alias()
  using sock = await clients[0]!.socket(alias)
  await clients[0]!.post("/mop/nope")
  const start = performance.now()
  const { code, stderr } = await server.served.stop()
  expect(code).toBe(0)
  expect(stderr).toContain('method="POST" path="/mop/init" status=200')
  expect(stderr).toContain('path="/mop/power/sock/*" status=200')
  expect(performance.now() - start).toBeLessThan(15_000) // 3 s on an idle machine
  expect(pids.filter(pid => existsSync(`/proc/${pid}`))).toEqual([])
  await sock.closed
  for (const secret of [...clients.map(({ key }) => key), clients[0]!.publicKey, alias])
    expect(stderr).not.toContain(secret)
})

test("the container's arguments: both ports, no authentication, and a status that its health check accepts", async () => {
  using home = new Home()
  mkdirSync(join(home.path, "moppy"))
  await using server = await home.serve(
    ["--ui-port", "0", "--force-port", "--host", "0.0.0.0", "--insecure", "--no-auth", "-c", "cat"],
    { AM_I_IN_A_DOCKER_CONTAINER: "true" },
  )
  expect((await fetch(`${server.origin}/mop/process`)).status).toBe(428)
  expect((await fetch(`${server.origin}/healthz`)).status).toBe(200)
})
