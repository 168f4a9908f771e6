// The connection between a server and a holder breaks while both live: the session goes on, and no byte is lost or doubled.

import { expect, test } from "bun:test"
import { readdirSync, readFileSync, renameSync } from "node:fs"
import { join } from "node:path"
import { Outbox } from "../../src/backends/holder/outbox.ts"
import { eventually } from "../helpers.ts"
import { printed } from "./burst.ts"
import { type Phoenix, phoenix } from "./phoenix.ts"
import { readBySocket } from "./readers.ts"

const LINES = 3_000_000
const MOST_CUTS = 5
/** How often its state is looked at, in ms. */
const LOOK_MS = 20

type Wire = { write(bytes: Uint8Array): number; end(): void }
/** One connection: both its ends, and what is on its way to each. */
type Link = { ends: Wire[]; toHolder: Outbox; toServer: Outbox }

/** Passes bytes on between the killed server's only holder and the next server, until it is told to cut. */
class Between {
  links = 0
  readonly #open = new Set<Link>()
  readonly #listener: Bun.UnixSocketListener<Link>

  constructor({ home: { state, path } }: Phoenix) {
    const socket = join(state, readdirSync(state).find(name => name.endsWith(".hold"))!)
    const away = join(path, "holder.sock")
    renameSync(socket, away)
    this.#listener = Bun.listen<Link>({
      unix: socket,
      socket: {
        open: server => {
          server.data = { ends: [server], toHolder: new Outbox(), toServer: new Outbox() }
          server.data.toServer.open(server)
          void this.#reach(away, server.data)
        },
        data: (server, bytes) => server.data.toHolder.push(new Uint8Array(bytes)),
        drain: server => server.data.toServer.flush(),
        close: server => this.#end(server.data),
      },
    })
  }

  /** Hangs up on both sides. Was there a connection? */
  cut(): boolean {
    const links = [...this.#open]
    for (const link of links) this.#end(link)
    return links.length > 0
  }

  stop(): void {
    this.#listener.stop(true)
  }

  async #reach(path: string, link: Link): Promise<void> {
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

/** proc(5): the fourth field of stat, counted from behind the name. */
function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1])
}

test("a connection that is cut again and again within a burst loses nothing, and the exit is the program's", async () => {
  await using server = await phoenix("--disk-limit", `${256 << 20}`)
  const command = `stty -opost -echo; echo ready; read go; seq 1 ${LINES}; read x; exit 7`
  const { id } = await server.create({ argv: ["sh", "-c", command], cols: 80, rows: 24 })
  await server.call("POST", `/v1/sessions/${id}/wait`, { until: { match: ["ready"] } })
  await server.kill()
  const between = new Between(server)
  await server.rise()
  const target = { origin: server.served.origin, token: server.served.token, id }
  const expected = printed(LINES)
  const marks = Array.from({ length: MOST_CUTS }, (_, n) => ((n + 1) * expected.bytes) / (MOST_CUTS + 1))
  let [cut, seen] = [0, 0]
  const reader = readBySocket(target, bytes => {
    seen = bytes
    if (bytes < (marks[0] ?? Number.POSITIVE_INFINITY) || !between.cut()) return
    marks.shift()
    cut++
  })
  const { links } = between
  await server.call("POST", `/v1/sessions/${id}/input`, { text: "go\n" })
  while (seen < expected.bytes) await Bun.sleep(LOOK_MS)
  // the last may have come when all was on its way
  expect(cut).toBeGreaterThanOrEqual(2)
  await eventually(() => between.links === links + cut, "the server at the holder")
  await server.call("POST", `/v1/sessions/${id}/input`, { text: "end\n" })
  const { bytes, sha, exit, cuts } = await reader
  expect({ bytes, sha, cuts }).toEqual({ ...expected, cuts: 0 })
  expect(exit).toMatchObject({ code: 7, signal: null })
  between.stop()
}, 120_000)

test("a session is lost only when its holder is", async () => {
  await using server = await phoenix()
  const { id, pid } = await server.create({ argv: ["cat"] })
  const holder = parentOf(pid)
  await server.kill()
  const between = new Between(server)
  await server.rise()
  const { links } = between
  between.cut()
  await eventually(() => between.links === links + 1, "the server at the holder again")
  expect(await server.info(id)).toMatchObject({ state: "running", exit: null })
  between.stop()
  between.cut()
  while ((await server.info(id)).state === "running") await Bun.sleep(LOOK_MS)
  expect(await server.info(id)).toMatchObject({ exit: null, lost: true })
  // behind the proxy it is still there, and nobody can reach it any more
  process.kill(holder, "SIGKILL")
}, 60_000)
