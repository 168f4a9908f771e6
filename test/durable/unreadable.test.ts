// Unreadable segment while a server catches up with its holder: a gap, and the session continues.

import { expect, test } from "bun:test"
import { mkdirSync, readdirSync, renameSync, rmdirSync } from "node:fs"
import { join } from "node:path"
import { listSegments } from "../../src/store/segments/list.ts"
import { SUBPROTOCOL } from "../../src/wire/attach.ts"
import { eventually } from "../helpers.ts"
import { printed } from "./burst.ts"
import { type Info, type RestartableServer, restartable } from "./restartable-server.ts"

const LINES = 4_000_000

type Gap = { from: number; to: number }
type Seen = { bytes: number; gaps: Gap[]; exit: Promise<{ code: number | null }> }

/** Attaches a viewer that counts bytes and gaps. */
function view({ served }: RestartableServer, { id }: Info): Seen {
  const url = `${served.origin.replace("http", "ws")}/v1/sessions/${id}/attach?mode=view&from=0&snapshot=never`
  const options = { headers: { authorization: `Bearer ${served.token}` }, protocols: [SUBPROTOCOL] }
  const socket = new WebSocket(url, options as never)
  socket.binaryType = "arraybuffer"
  const exit = Promise.withResolvers<{ code: number | null }>()
  const seen: Seen = { bytes: 0, gaps: [], exit: exit.promise }
  socket.onmessage = ({ data }) => {
    if (typeof data !== "string") {
      seen.bytes += (data as ArrayBuffer).byteLength
      return
    }
    const frame = JSON.parse(data)
    if (frame.type === "gap") seen.gaps.push(frame)
    if (frame.type === "exit") exit.resolve(frame)
  }
  socket.onclose = () => exit.reject(new Error("closed before the exit"))
  return seen
}

/** Replaces the second segment of the only session's log with a directory. Resolves with its path. */
async function breakSegment({ home }: RestartableServer): Promise<string> {
  const sessions = join(home.state, "sessions")
  const directory = join(sessions, readdirSync(sessions)[0]!)
  await eventually(() => listSegments(directory).length > 3, "segments on disk")
  const { path } = listSegments(directory)[1]!
  renameSync(path, `${path}-moved`)
  mkdirSync(path)
  return path
}

test("a segment that cannot be read while catching up", async () => {
  await using server = await restartable("--disk-limit", `${256 << 20}`)
  const command = `stty -opost -echo; echo ready; read go; seq 1 ${LINES}; read x; exit 7`
  const session = await server.create({ argv: ["sh", "-c", command] })
  const path = `/v1/sessions/${session.id}`
  await server.call("POST", `${path}/wait`, { until: { match: ["ready"] } })
  const seen = view(server, session)
  await eventually(() => seen.bytes > 0, "the viewer")
  await server.call("POST", `${path}/input`, { text: "go\n" })
  await eventually(() => seen.bytes > 1000, "the start of the burst")
  const { pid } = server.served.child.process
  process.kill(pid!, "SIGSTOP")
  const broken = await breakSegment(server).finally(() => process.kill(pid!, "SIGCONT"))
  const { bytes: end } = printed(LINES)
  const missed = () => seen.gaps.reduce((sum, { from, to }) => sum + to - from, 0)
  await eventually(() => seen.bytes + missed() === end, "the end of the burst")
  expect(missed()).toBeGreaterThan(0)
  rmdirSync(broken)
  renameSync(`${broken}-moved`, broken)
  const [{ from }] = seen.gaps as [Gap]
  const late = await server.call("GET", `${path}/output?from=${from}&max_bytes=1000&encoding=base64`)
  expect(late).toMatchObject({ from, next: from + 1000, gap: null })
  await server.call("POST", `${path}/input`, { text: "end\n" })
  expect(await seen.exit).toMatchObject({ code: 7 })
}, 60_000)
