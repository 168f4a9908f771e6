// Default durability of sessions, and a server without holders.

import { expect, test } from "bun:test"
import { restartable } from "./restartable-server.ts"

test("sessions are durable by default; run and echo only on request", async () => {
  await using server = await restartable()
  const durable = async (request: object) => (await server.create(request)).durable
  expect(await durable({ argv: ["cat"] })).toBe(true)
  expect(await durable({ argv: ["cat"], backend: "pipe" })).toBe(true)
  expect(await durable({ argv: ["cat"], separate_streams: true })).toBe(true)
  expect(await durable({ argv: ["cat"], durable: false })).toBe(false)
  expect(await durable({ backend: "echo" })).toBe(false)
  expect(await durable({ argv: ["cat"], backend: "bun-pty" })).toBe(false)
  const run = async (request: object) => {
    const result = (await server.call("POST", "/v1/run", {
      argv: ["cat"],
      stdin: "word",
      ...request,
    })) as object
    expect(result).toMatchObject({ data: "word", exit: { code: 0 } })
    return server.info((result as { session_id: string }).session_id)
  }
  expect(await run({})).toMatchObject({ durable: false })
  expect(await run({ durable: true })).toMatchObject({ durable: true })
}, 60_000)

test("a durable echo session outlives the server", async () => {
  await using server = await restartable()
  const { id } = await server.create({ backend: "echo", durable: true })
  await server.call("POST", `/v1/sessions/${id}/input`, { text: "before " })
  await server.kill()
  await server.start()
  await server.call("POST", `/v1/sessions/${id}/input`, { text: "after\u0004" })
  await server.call("POST", `/v1/sessions/${id}/wait`, { until: { exit: true } })
  const { data } = (await server.call("GET", `/v1/sessions/${id}/output`)) as unknown as { data: string }
  expect(data).toBe("before after")
}, 60_000)

test("--no-holders: durable sessions warn that they end with the server, and earlier sessions are recovered", async () => {
  await using server = await restartable()
  const earlier = await server.create({ argv: ["cat"], name: "earlier" })
  await server.served.stop("SIGTERM")
  await server.start(["--no-holders"])
  expect(await server.info("earlier")).toMatchObject({ id: earlier.id, pid: earlier.pid, durable: true })
  expect(await server.create({ argv: ["cat"] })).toMatchObject({ durable: false, warnings: [] })
  expect(await server.create({ argv: ["cat"], durable: true })).toMatchObject({
    durable: false,
    warnings: ["ends with the server, which was started without holders"],
  })
}, 60_000)

test("timeouts count while no server runs", async () => {
  await using server = await restartable()
  await server.create({ argv: ["cat"], name: "old", timeout_ms: 1500 })
  await server.create({ argv: ["cat"], name: "idle", idle_timeout_ms: 1500 })
  await server.kill()
  await server.start()
  for (const name of ["old", "idle"])
    await server.call("POST", `/v1/sessions/${name}/wait`, { until: { exit: true } })
  expect(await server.info("old")).toMatchObject({ state: "finished" })
  expect(await server.info("idle")).toMatchObject({ state: "finished" })
}, 60_000)
