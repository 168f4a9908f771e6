// MOP's limits (contract mop, 5: statements 29 and 37).

import { describe, expect, setDefaultTimeout, test } from "bun:test"
import { readFileSync } from "node:fs"
import { BASH, type Client, mopServer, Sock } from "./client.ts"

setDefaultTimeout(90_000)

const body = (count: number, words: string) => ({
  detail: `Rate limit exceeded: ${count} ${words}`,
  error: `Rate limit exceeded: ${count} per 1 minute`,
  status: "Rate limit exceeded",
  code: 1,
})

describe("29: with -r", () => {
  test("each endpoint has its limit per minute; read and ping have none", async () => {
    await using server = await mopServer([...BASH, "-r"])
    const [client] = [await server.start(), await server.start()]
    const third = await server.post("/mop/init", {})
    expect([third.status, third.body]).toEqual([429, body(2, "requests per 1 minute")])
    expect(Number(third.headers.get("retry-after"))).toBeGreaterThanOrEqual(1)
    expect(Number(third.headers.get("retry-after"))).toBeLessThanOrEqual(60)
    // the rate limit is checked before the body
    expect((await server.post("/mop/init", [])).status).toBe(429)

    const statuses = async (count: number, call: () => ReturnType<Client["ping"]>) =>
      (await Promise.all(Array.from({ length: count }, call))).map(({ status }) => status).sort()
    const times = (n: number, value: number) => Array.from({ length: n }, () => value)
    expect(await statuses(2, () => client.post("/mop/alias"))).toEqual([200, 429])
    expect(await statuses(11, () => client.post("/mop/validate"))).toEqual([...times(10, 200), 429])
    expect(await statuses(61, () => client.write("true"))).toEqual([...times(60, 200), 429])
    expect((await client.write("x")).body).toEqual(body(60, "requests per minute"))
    expect(await statuses(100, () => client.ping())).toEqual(times(100, 200))
    expect(await statuses(20, () => client.read())).toEqual(times(20, 200))
  })

  test("a socket that sends more than 50 frames a second is closed", async () => {
    await using server = await mopServer(["--no-auth", "-r", "-c", "cat"])
    const client = await server.start({}, null)
    const sock = await client.socket()
    for (let i = 0; i < 120; i++) sock.send({ stdin: "x" })
    expect(await sock.closed).toEqual({ code: 1008, reason: "Ratelimit exceeded" })
  })

  test("without -r there are no limits", async () => {
    await using server = await mopServer()
    const client = await server.start()
    const answers = await Promise.all(Array.from({ length: 70 }, () => client.write("true")))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect([await client.alias(), await client.alias()].every(alias => alias.length === 64)).toBe(true)
  })
})

test("37: 1,000 pings during 100 floods succeed, and memory stays bounded", async () => {
  const FLOODS = 100
  await using server = await mopServer(["--no-auth", "--no-pub-process", "-c", "yes"], {}, false)
  const clients = await Promise.all(Array.from({ length: FLOODS }, () => server.start({}, null)))
  const [client] = clients
  const times: number[] = []
  for (let round = 0; round < 10; round++) {
    const answers = await Promise.all(Array.from({ length: 100 }, () => client!.ping()))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    times.push(...answers.map(({ ms }) => ms))
  }
  times.sort((a, b) => a - b)
  expect(times[989]).toBeLessThan(10_000)
  expect((await client!.text()).length).toBeLessThanOrEqual(1 << 20)
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(
    readFileSync(`/proc/${server.served.child.pid}/status`, "utf8"),
  )
  // each retains at most 1.25 MiB
  expect(Number(resident![1])).toBeLessThan((250 + FLOODS * 3) * 1024)
})

test("sockets above --max-viewers are rejected", async () => {
  await using server = await mopServer([...BASH, "--max-viewers", "1"])
  const client = await server.start()
  using first = await client.socket()
  await first.until(() => first.frames.length > 0, "a frame")
  const second = new Sock(server, await client.alias())
  expect((await second.closed).code).not.toBe(1000)
  expect((await server.post("/mop/power/stream/read", { key: client.key })).status).toBe(503)
})
