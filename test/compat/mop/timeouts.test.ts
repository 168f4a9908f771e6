// What takes its time by contract, side by side: a write that nobody takes, a stream without news (contract mop, 5: 24 and 38).

import { expect, setDefaultTimeout, test } from "bun:test"
import { mopServer, Stream } from "./client.ts"

setDefaultTimeout(60_000)

for (const holders of [true, false])
  test.concurrent(`38: a write that nobody takes ends within 11 s, others go on (holders: ${holders})`, async () => {
    await using deaf = await mopServer(
      ["--no-auth", "-c", "sh -c 'echo ready; exec sleep 1000'"],
      {},
      holders,
    )
    const [client, other] = [await deaf.start({}, /ready/), await deaf.start({}, /ready/)]
    const write = client.write("x\n".repeat(200_000))
    expect((await other.write("fine")).status).toBe(200)
    const { status, body, ms } = await write
    expect([status, body]).toEqual([504, { status: "Write operation timed out", code: 1 }])
    expect(ms).toBeLessThan(30_000)
    expect((await other.ping()).status).toBe(200)
  })

test.concurrent("24: a heartbeat after 15 s of silence", async () => {
  await using quiet = await mopServer(["--no-auth", "-c", "sleep 1000"])
  const client = await quiet.start({}, null)
  using stream = await Stream.open(client)
  const begun = performance.now()
  await stream.until(() => stream.text.includes(": heartbeat\n\n"), "a heartbeat")
  expect(performance.now() - begun).toBeGreaterThan(13_000)
  expect(stream.text).toBe('data: {"stdout":"","stderr":""}\n\n: heartbeat\n\n')
})
