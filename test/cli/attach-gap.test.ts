// The CLI's attach connection after a gap in the log.

import { expect, test } from "bun:test"
import { AttachConnection } from "../../src/cli/attach/connection.ts"
import type { ServerConnection } from "../../src/cli/connect/connection.ts"
import type { ServerFrame } from "../../src/wire/attach.ts"
import { eventually } from "../helpers.ts"
import { TestServer } from "../http/server.ts"

const LOG_LIMIT = 256 << 10

function connectionTo(server: TestServer): ServerConnection {
  const headers = { authorization: `Bearer ${server.token}` }
  const socket = (path: string) => {
    const opened = new WebSocket(`${server.origin.replace("http", "ws")}/${path}`, { headers } as never)
    opened.binaryType = "arraybuffer"
    return opened
  }
  return { name: "test", socket } as unknown as ServerConnection
}

test("a client that acknowledges continues after a gap larger than the window", async () => {
  await using server = new TestServer()
  const id = await server.start("read x", { backend: "pipe", log_limit: LOG_LIMIT })
  const { sink } = server.sessions.get(id)
  const print = (bytes: number) => sink.output(new Uint8Array(bytes).fill(120), "stdout")
  const gaps: ServerFrame[] = []
  const blocked = Promise.withResolvers<void>()
  let isBlocked = false
  const connection = new AttachConnection(
    connectionTo(server),
    id,
    { mode: "view", snapshot: "never", from: 0 },
    {
      bytes: () => {
        if (connection.offset < 128 << 10 || isBlocked) return
        isBlocked = true
        return blocked.promise
      },
      frame: frame => void (frame.type === "gap" && gaps.push(frame)),
    },
  )
  const followed = connection.follow()
  while (!isBlocked) {
    print(64 << 10)
    await Bun.sleep(5)
  }
  for (let printed = 0; printed < 4 << 20; printed += 64 << 10) {
    print(64 << 10)
    await Bun.sleep(1)
  }
  blocked.resolve()
  const { end } = server.sessions.get(id).log
  await eventually(() => connection.offset === end, "the end of the log")
  expect(gaps.length).toBeGreaterThan(0)
  connection.leave()
  expect(await followed).toBeNull()
})
