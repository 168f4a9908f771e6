// Which sessions are durable when nobody says, and what a server without holders does.

import { expect, test } from "bun:test"
import { phoenix } from "./phoenix.ts"

test("sessions are durable unless told otherwise; run and echo only when asked", async () => {
  await using server = await phoenix()
  const durable = async (what: object) => (await server.create(what)).durable
  expect(await durable({ argv: ["cat"] })).toBe(true)
  expect(await durable({ argv: ["cat"], backend: "pipe" })).toBe(true)
  expect(await durable({ argv: ["cat"], separate_streams: true })).toBe(true)
  expect(await durable({ argv: ["cat"], durable: false })).toBe(false)
  expect(await durable({ backend: "echo" })).toBe(false)
  expect(await durable({ argv: ["cat"], backend: "bun-pty" })).toBe(false)
  const run = async (what: object) => {
    const answer = (await server.call("POST", "/v1/run", { argv: ["cat"], stdin: "word", ...what })) as object
    expect(answer).toMatchObject({ data: "word", exit: { code: 0 } })
    return server.info((answer as { session_id: string }).session_id)
  }
  expect(await run({})).toMatchObject({ durable: false })
  expect(await run({ durable: true })).toMatchObject({ durable: true })
}, 60_000)

test("an echo session that asked for it outlives the server", async () => {
  await using server = await phoenix()
  const { id } = await server.create({ backend: "echo", durable: true })
  await server.call("POST", `/v1/sessions/${id}/input`, { text: "before " })
  await server.kill()
  await server.rise()
  await server.call("POST", `/v1/sessions/${id}/input`, { text: "after\u0004" })
  await server.call("POST", `/v1/sessions/${id}/wait`, { until: { exit: true } })
  const { data } = (await server.call("GET", `/v1/sessions/${id}/output`)) as unknown as { data: string }
  expect(data).toBe("before after")
}, 60_000)

test("--no-holders: sessions say that they end with the server, and those of earlier servers are taken up", async () => {
  await using server = await phoenix()
  const earlier = await server.create({ argv: ["cat"], name: "earlier" })
  await server.served.stop("SIGTERM")
  await server.rise(["--no-holders"])
  expect(await server.info("earlier")).toMatchObject({ id: earlier.id, pid: earlier.pid, durable: true })
  expect(await server.create({ argv: ["cat"] })).toMatchObject({ durable: false, warnings: [] })
  expect(await server.create({ argv: ["cat"], durable: true })).toMatchObject({
    durable: false,
    warnings: ["ends with the server, which was started without holders"],
  })
}, 60_000)

test("a session's age counts while no server is there", async () => {
  await using server = await phoenix()
  await server.create({ argv: ["cat"], name: "old", timeout_ms: 1500 })
  await server.create({ argv: ["cat"], name: "idle", idle_timeout_ms: 1500 })
  await server.kill()
  await server.rise()
  for (const name of ["old", "idle"])
    await server.call("POST", `/v1/sessions/${name}/wait`, { until: { exit: true } })
  expect(await server.info("old")).toMatchObject({ state: "finished" })
  expect(await server.info("idle")).toMatchObject({ state: "finished" })
}, 60_000)
