// Burst of output while the server is killed five times: the output that a client on each transport gets.

import { createHash } from "node:crypto"
import { readByEvents, readByPolls, readBySocket, type Whole } from "./readers.ts"
import { type RestartableServer, restartable } from "./restartable-server.ts"

const KILLS = 5

/** `expected`: the program's output. `seen`: the output by WebSocket, events and polls. */
export type Burst = { expected: { bytes: number; sha: string }; seen: Whole[] }

/** Prints the numbers from 1 to `lines` to three clients, and exits with code 7. */
export async function burst(lines: number, ...flags: string[]): Promise<Burst> {
  await using server = await restartable(...flags)
  return await burstOn(server, lines)
}

/** The same on a server that has started. */
export async function burstOn(server: RestartableServer, lines: number): Promise<Burst> {
  const command = `stty -opost -echo; echo ready; read go; seq 1 ${lines}; exit 7`
  const { id } = await server.create({ argv: ["sh", "-c", command], cols: 80, rows: 24 })
  const target = { origin: server.served.origin, token: server.served.token, id }
  const expected = printed(lines)
  const marks = Array.from({ length: KILLS }, (_, n) => ((n + 1) * expected.bytes) / (KILLS + 1))
  let reached = Promise.withResolvers<void>()
  let mark = marks[0]!
  const socket = readBySocket(target, bytes => bytes >= mark && reached.resolve())
  const readers = Promise.all([socket, readByEvents(target), readByPolls(target)])
  await server.call("POST", `/v1/sessions/${id}/wait`, { until: { match: ["ready"] } })
  await server.call("POST", `/v1/sessions/${id}/input`, { text: "go\n" })
  for (const next of marks) {
    mark = next
    reached = Promise.withResolvers()
    await Promise.race([reached.promise, socket])
    await server.kill()
    await server.start()
  }
  return { expected, seen: await readers }
}

export function printed(lines: number): Burst["expected"] {
  const hash = createHash("sha256").update("ready\n")
  let bytes = 6
  for (let from = 1; from <= lines; from += 10_000) {
    let text = ""
    for (let line = from; line < from + 10_000 && line <= lines; line++) text += `${line}\n`
    hash.update(text)
    bytes += text.length
  }
  return { bytes, sha: hash.digest("hex") }
}
