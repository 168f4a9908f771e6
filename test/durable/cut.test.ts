// Broken connection between a server and a holder: the session continues, no byte is lost or repeated.

import { expect, test } from "bun:test"
import { readdirSync, renameSync } from "node:fs"
import { join } from "node:path"
import { Outbox } from "../../src/backends/holder/outbox.ts"
import { statFields } from "../../src/runtime/shared/proc.ts"
import { eventually } from "../helpers.ts"
import { printed } from "./burst.ts"
import { readBySocket } from "./readers.ts"
import { type RestartableServer, restartable } from "./restartable-server.ts"

const LINES = 3_000_000
const MOST_CUTS = 5
/** Interval of polling a session's state, in ms. */
const POLL_MS = 20

type Socket = { write(bytes: Uint8Array): number; end(): void }
/** One connection: both ends, and the bytes on their way to each. */
type Link = { ends: Socket[]; toHolder: Outbox; toServer: Outbox }

/** Proxy between the only holder of a killed server and the next server. `cut` closes its connections. */
class CuttingProxy {
  links = 0
  readonly #open = new Set<Link>()
  readonly #listener: Bun.UnixSocketListener<Link>

  constructor({ home: { state, path } }: RestartableServer) {
    const socket = join(state, readdirSync(state).find(name => name.endsWith(".hold"))!)
    const moved = join(path, "holder.sock")
    renameSync(socket, moved)
    this.#listener = Bun.listen<Link>({
      unix: socket,
      socket: {
        open: server => {
          server.data = { ends: [server], toHolder: new Outbox(), toServer: new Outbox() }
          server.data.toServer.open(server)
          void this.#connect(moved, server.data)
        },
        data: (server, bytes) => server.data.toHolder.push(new Uint8Array(bytes)),
        drain: server => server.data.toServer.flush(),
        close: server => this.#end(server.data),
      },
    })
  }

  /** Closes both sides. Returns whether there was a connection. */
  cut(): boolean {
    const links = [...this.#open]
    for (const link of links) this.#end(link)
    return links.length > 0
  }

  stop(): void {
    this.#listener.stop(true)
  }

  async #connect(path: string, link: Link): Promise<void> {
    const holder = await Bun.connect({
      unix: path,
      socket: {
        data: (_, bytes) => link.toServer.push(new Uint8Array(bytes)),
        drain: () => link.toHolder.flush(),
        close: () => this.#end(link),
      },
    })
    link.ends.push(holder)
    link.toHolder.open(holder)
    this.#open.add(link)
    this.links++
  }

  #end(link: Link): void {
    this.#open.delete(link)
    for (const end of link.ends.splice(0)) end.end()
  }
}

/** Returns the parent's process id (proc(5), field 4 of stat). */
function parentOf(pid: number): number {
  return Number(statFields(pid)[1])
}

test("a connection that is cut several times during a burst loses no byte and no exit code", async () => {
  await using server = await restartable("--disk-limit", `${256 << 20}`)
  const command = `stty -opost -echo; echo ready; read go; seq 1 ${LINES}; read x; exit 7`
  const { id } = await server.create({ argv: ["sh", "-c", command], cols: 80, rows: 24 })
  await server.call("POST", `/v1/sessions/${id}/wait`, { until: { match: ["ready"] } })
  await server.kill()
  const proxy = new CuttingProxy(server)
  await server.start()
  const target = { origin: server.served.origin, token: server.served.token, id }
  const expected = printed(LINES)
  const marks = Array.from({ length: MOST_CUTS }, (_, n) => ((n + 1) * expected.bytes) / (MOST_CUTS + 1))
  let [cut, seen] = [0, 0]
  const reader = readBySocket(target, bytes => {
    seen = bytes
    if (bytes < (marks[0] ?? Number.POSITIVE_INFINITY) || !proxy.cut()) return
    marks.shift()
    cut++
  })
  const { links } = proxy
  await server.call("POST", `/v1/sessions/${id}/input`, { text: "go\n" })
  while (seen < expected.bytes) await Bun.sleep(POLL_MS)
  // the last cuts may have come after all output was sent
  expect(cut).toBeGreaterThanOrEqual(2)
  await eventually(() => proxy.links === links + cut, "the server to reconnect")
  await server.call("POST", `/v1/sessions/${id}/input`, { text: "end\n" })
  const { bytes, sha, exit, cuts } = await reader
  expect({ bytes, sha, cuts }).toEqual({ ...expected, cuts: 0 })
  expect(exit).toMatchObject({ code: 7, signal: null })
  proxy.stop()
}, 120_000)

test("a session is lost only when its holder is", async () => {
  await using server = await restartable()
  const { id, pid } = await server.create({ argv: ["cat"] })
  const holder = parentOf(pid)
  await server.kill()
  const proxy = new CuttingProxy(server)
  await server.start()
  const { links } = proxy
  proxy.cut()
  await eventually(() => proxy.links === links + 1, "the server to reconnect")
  expect(await server.info(id)).toMatchObject({ state: "running", exit: null })
  proxy.stop()
  proxy.cut()
  while ((await server.info(id)).state === "running") await Bun.sleep(POLL_MS)
  expect(await server.info(id)).toMatchObject({ exit: null, lost: true })
  // the holder still runs, but without the proxy no server can reach it
  process.kill(holder, "SIGKILL")
}, 60_000)
