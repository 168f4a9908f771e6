// Slow cases of the contract, run concurrently: an unread write and a silent stream (contract mop, 5: 24
// and 38).

import { expect, setDefaultTimeout, test } from "bun:test"
import { mopServer, Stream } from "./client.ts"

setDefaultTimeout(60_000)

for (const holders of [true, false])
  test.concurrent(`38: an unread write fails within 11 s; other sessions work (holders: ${holders})`, async () => {
    await using sleeper = await mopServer(
      ["--no-auth", "-c", "sh -c 'echo ready; exec sleep 1000'"],
      {},
      holders,
    )
    const [client, other] = [await sleeper.start({}, /ready/), await sleeper.start({}, /ready/)]
    const write = client.write("x\n".repeat(200_000))
    expect((await other.write("fine")).status).toBe(200)
    const { status, body, ms } = await write
    expect([status, body]).toEqual([504, { status: "Write operation timed out", code: 1 }])
    expect(ms).toBeLessThan(30_000)
    expect((await other.ping()).status).toBe(200)
  })

test.concurrent("24: a heartbeat after 15 s of silence", async () => {
  await using silent = await mopServer(["--no-auth", "-c", "sleep 1000"])
  const client = await silent.start({}, null)
  using stream = await Stream.open(client)
  const start = performance.now()
  await stream.until(() => stream.text.includes(": heartbeat\n\n"), "a heartbeat")
  expect(performance.now() - start).toBeGreaterThan(13_000)
  expect(stream.text).toBe('data: {"stdout":"","stderr":""}\n\n: heartbeat\n\n')
})
