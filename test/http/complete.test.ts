// Completeness: short and long outputs by poll, SSE and WebSocket, and sockets cut and resumed.

import { expect, test } from "bun:test"
import { createHash } from "node:crypto"
import { eventually } from "../helpers.ts"
import { AttachClient } from "./attach-client.ts"
import { followed } from "./events.ts"
import { TestServer } from "./server.ts"

type Whole = { bytes: Uint8Array; code: number | null }
type Reader = (server: TestServer, id: string) => Promise<Whole>

const READERS: Record<string, Reader> = {
  poll: async (server, id) => {
    const pieces: Buffer[] = []
    for (let from = 0; ; ) {
      const part = await server.call("read", {
        id,
        from,
        wait_ms: 20_000,
        encoding: "base64",
        max_bytes: 1 << 20,
      })
      pieces.push(Buffer.from(part.data, "base64"))
      from = part.next
      if (part.exit) return { bytes: new Uint8Array(Buffer.concat(pieces)), code: part.exit.code }
    }
  },
  sse: async (server, id) => {
    const { bytes, events } = await followed(await server.fetch(`/v1/sessions/${id}/stream`))
    const last = events.at(-1)!
    return { bytes, code: last.event === "exit" ? (last.data as { code: number }).code : null }
  },
  websocket: async (server, id) => {
    const client = AttachClient.to(server, id)
    const { code } = await client.end()
    if (code !== 1000) throw new Error(`closed with ${code}`)
    return { bytes: client.bytes, code: client.all("exit")[0]!.code }
  },
}

for (const [name, reader] of Object.entries(READERS)) {
  test(`500 short outputs by ${name}`, async () => {
    await using server = new TestServer()
    const one = async () => {
      const { bytes, code } = await reader(server, await server.start("printf x; exit 7"))
      return `${Buffer.from(bytes)} ${code}`
    }
    const seen = new Map<string, number>()
    for (let i = 0; i < 50; i++)
      for (const result of await Promise.all(Array.from({ length: 10 }, one)))
        seen.set(result, (seen.get(result) ?? 0) + 1)
    expect([...seen]).toEqual([["x 7", 500]])
  }, 60_000)

  test(`long outputs by ${name}`, async () => {
    await using server = new TestServer()
    const until = performance.now() + 3000
    for (let runs = 0; runs < 500 && performance.now() < until; runs++) {
      const command =
        "f=$(mktemp); head -c 1000000 /dev/urandom | base64 > $f; md5sum < $f >&2; cat $f; rm $f"
      const id = await server.start(command, { separate_streams: true, log_limit: 4 << 20 })
      const { bytes, code } = await reader(server, id)
      const said = (await server.call("read", { id, stream: "stderr" })).data
      // the merged log contains stderr, too
      const body = Buffer.from(bytes).toString("latin1").replace(said, "")
      expect(createHash("md5").update(body, "latin1").digest("hex")).toBe(said.slice(0, 32))
      expect([body.length > 1_333_333, code]).toEqual([true, 0])
      await server.call("end", { id })
    }
  }, 30_000)
}

test("a client cut and resumed 200 times at random moments gets every byte once", async () => {
  await using server = new TestServer()
  const id = await server.start("read x; for i in $(seq 1 20); do seq 1 20000; done; exit 3", {
    echo: false,
    log_limit: 16 << 20,
  })
  await server.call("write", { id, text: "\n" })
  const pieces: Uint8Array[] = []
  let [at, cuts] = [0, 0]
  let exit: number | null = null
  // a fixed sequence, so that a failure can be reproduced
  const random = (() => {
    let seed = 20_26
    return (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
      return seed % below
    }
  })()
  while (exit === null) {
    const client = AttachClient.to(server, id, { query: `from=${at}` })
    const enough = cuts < 200 ? 1 + random(20_000) : Number.POSITIVE_INFINITY
    await client.until(() => client.bytes.length >= enough || client.closed !== null, "output")
    expect((await client.frame("hello")).from).toBe(at)
    // bytes received after the cut are discarded, as a lost connection would
    const bytes = client.bytes.subarray(0, enough)
    pieces.push(bytes)
    at += bytes.length
    exit = cuts < 200 ? null : (client.all("exit")[0]?.code ?? null)
    cuts++
    client.socket.close()
  }
  const lines = Buffer.concat(pieces).toString().split("\r\n").slice(0, -1)
  expect(cuts).toBeGreaterThan(200)
  expect(lines.length).toBe(400_000)
  expect(lines.every((line, i) => line === `${(i % 20_000) + 1}`)).toBe(true)
  expect(exit).toBe(3)
  await eventually(() => server.sessions.get(id).viewers.count === 0, "no viewer to be counted")
}, 60_000)
