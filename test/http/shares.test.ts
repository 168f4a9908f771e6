// Shares and their misuse: one session only, for its lifetime, and never more than the share's mode.

import { afterAll, beforeAll, expect, test } from "bun:test"
import { delay } from "../../src/core/lib/wake.ts"
import { httpCall } from "../../src/http/api/client.ts"
import type { Call } from "../../src/ops/local.ts"
import { CloseCode } from "../../src/wire/attach.ts"
import { failing } from "../ops/surfaces.ts"
import { AttachClient } from "./attach-client.ts"
import { sseOf } from "./events.ts"
import { failureOf, TestServer } from "./server.ts"

/** Longest time to cut a socket off (contract), in ms. */
const CUT_MS = 1000

let server: TestServer

beforeAll(() => {
  server = new TestServer({ limits: { viewers: 12 } })
})
afterAll(() => server.stop())

type Shared = { id: string; token: string; share: string; url: string; guest: Call }

async function shared(mode: "view" | "control", expires_in_ms = 600_000): Promise<Shared> {
  const id = await server.start("printf secret-free; cat")
  const { token, url, id: share } = await server.call("share", { id, mode, expires_in_ms })
  return { id, token, share, url, guest: httpCall(server.origin, { token }) }
}

const get = (token: string, path: string) =>
  fetch(server.origin + path, { headers: { authorization: `Bearer ${token}` } })

test("the link has the secret in its fragment, and the server stores only a hash", async () => {
  const { id, token, url } = await shared("view")
  expect(url).toBe(`${server.origin}/#/share/view/${id}/${token}`)
  expect(JSON.stringify(server.sessions.records.entries())).not.toContain(token.slice(3))
  const { shares } = await server.call("shares", { id })
  expect(shares).toMatchObject([{ mode: "view", name: null }])
  expect(JSON.stringify(shares)).not.toContain(token)
})

test("a view link reads its session on every stream", async () => {
  const { id, token, guest } = await shared("view")
  await guest("wait", { id, until: { match: ["secret-free"] } })
  expect((await guest("read", { id })).data).toBe("secret-free")
  expect((await guest("get", { id })).id).toBe(id)
  await using client = AttachClient.to(server, id, { token, query: "mode=view" })
  await client.printed("secret-free")
  for await (const { event, comment } of sseOf(await get(token, `/v1/sessions/${id}/stream`))) {
    if (comment) continue
    expect(event).toBe("output")
    break
  }
})

test("a view link cannot write, resize, signal, lease or end on any surface", async () => {
  const { id, token, guest } = await shared("view")
  await failing(guest("write", { id, text: "no\n" }), "denied")
  await failing(guest("write", { id, eof: true }), "denied")
  await failing(guest("resize", { id, cols: 9, rows: 9 }), "denied")
  await failing(guest("signal", { id, signal: "KILL" }), "denied")
  await failing(guest("lease", { id, action: "take", client: "guest" }), "denied")
  await failing(guest("ticket", { session_id: id, mode: "control" }), "denied")
  await failing(guest("end", { id }), "denied")
  await failing(guest("update", { id, name: "mine" }), "denied")
  await using control = AttachClient.to(server, id, { token, query: "mode=control" })
  expect((await control.end()).code).toBe(CloseCode.policy)
  await using client = AttachClient.to(server, id, { token, query: "mode=view" })
  await client.printed("secret-free")
  client.type("no\n")
  client.send({ type: "resize", cols: 9, rows: 9 })
  client.send({ type: "signal", signal: "KILL" })
  client.send({ type: "take" })
  await client.until(() => client.all("error").length === 4, "four errors")
  expect(client.all("error").map(({ code }) => code)).toEqual(Array(4).fill("denied"))
  const { ticket } = await guest("ticket", { session_id: id, mode: "view" })
  await using ticketed = AttachClient.to(server, id, { token: null, query: `ticket=${ticket}&mode=control` })
  expect((await ticketed.end()).code).toBe(CloseCode.unauthorized)
  const session = server.sessions.get(id)
  expect([session.life.state, session.size, session.lease.owner]).toEqual([
    "running",
    { cols: 120, rows: 30 },
    null,
  ])
  expect((await server.call("read", { id })).data).toBe("secret-free")
})

test("a share reveals no other session", async () => {
  const other = await server.start("cat", { name: "other" })
  for (const mode of ["view", "control"] as const) {
    const { id, token, guest } = await shared(mode)
    const unknown = await failing(guest("get", { id: "missing" }), "not_found")
    const hidden = await failing(guest("get", { id: "other" }), "not_found")
    expect(hidden.message).toBe(unknown.message.replace("missing", "other"))
    await failing(guest("read", { id: other }), "not_found")
    await failing(guest("wait", { id: other, until: { exit: true } }), "not_found")
    await failing(guest("ticket", { session_id: other }), "not_found")
    await failing(guest("list", {}), "denied")
    await failing(guest("server", {}), "denied")
    await failing(guest("create", { command: "id" }), "denied")
    await failing(guest("run", { command: "id" }), "denied")
    await failing(guest("share", { id }), "denied")
    await failing(guest("shares", { id }), "denied")
    await failing(guest("tokens", {}), "denied")
    for (const path of ["/v1/events", "/metrics"])
      expect([path, (await get(token, path)).status]).toEqual([path, 403])
    expect((await get(token, `/v1/sessions/${other}/stream`)).status).toBe(404)
    await using client = AttachClient.to(server, other, { token, query: "mode=view" })
    expect((await client.end()).code).toBe(CloseCode.notFound)
  }
})

test("a share's secret gives no cookie, which could replace one with more access", async () => {
  const { token } = await shared("control")
  const headers = { "content-type": "application/json" }
  const body = JSON.stringify({ token })
  const rejected = fetch(`${server.origin}/v1/login`, { method: "POST", headers, body })
  expect((await failureOf(rejected)).status).toBe(401)
})

test("a control link can type, and cannot use another client's name", async () => {
  const { id, token, guest } = await shared("control")
  await guest("write", { id, text: "guest\n" })
  await guest("wait", { id, until: { match: ["guest\r\nguest"] } })
  await server.call("lease", { id, action: "take", client: "agent" })
  const { message } = await failing(guest("write", { id, text: "no\n", client: "agent" }), "held")
  expect(message).toBe("session is held by agent")
  await using client = AttachClient.to(server, id, { token, query: "client=agent" })
  expect((await client.frame("hello")).client).toMatch(/^share .+\/agent$/)
  client.type("no\n")
  expect((await client.frame("error")).code).toBe("held")
})

test("revoking ends sockets, streams, waits and tickets within a second", async () => {
  const { id, token, share, guest } = await shared("control")
  await using client = AttachClient.to(server, id, { token })
  await client.printed("secret-free")
  const { ticket } = await guest("ticket", { session_id: id, mode: "view" })
  const stream = sseOf(await get(token, `/v1/sessions/${id}/stream?from=-1`))
  const streamed = Array.fromAsync(stream)
  const waiting = failing(guest("wait", { id, until: { exit: true } }), "unauthorized")
  const begun = performance.now()
  await server.call("unshare", { id, share })
  expect((await client.end()).code).toBe(CloseCode.unauthorized)
  await waiting
  await streamed
  expect(performance.now() - begun).toBeLessThan(CUT_MS)
  await failing(guest("get", { id }), "unauthorized")
  await using late = AttachClient.to(server, id, { token: null, query: `ticket=${ticket}&mode=view` })
  expect((await late.end()).code).toBe(CloseCode.unauthorized)
  expect(server.sessions.get(id).viewers.count).toBe(0)
})

test("input sent after the revocation is ignored", async () => {
  const { id, token } = await shared("control")
  await using client = AttachClient.to(server, id, { token })
  await client.printed("secret-free")
  const revoked = server.call("unshare", { id })
  while (!client.closed) {
    client.type("x")
    await delay(1)
  }
  await revoked
  const { end } = server.sessions.get(id).log
  await server.call("write", { id, text: "y\n" })
  await server.call("wait", { id, from: end, until: { match: ["y"] } })
  expect((await server.call("read", { id, from: end })).data).not.toContain("x\r\n".repeat(2))
})

test("an expired share ends like a revoked one", async () => {
  const { id, token, guest } = await shared("view", 1000)
  await using client = AttachClient.to(server, id, { token, query: "mode=view" })
  expect((await client.end()).code).toBe(CloseCode.unauthorized)
  await failing(guest("get", { id }), "unauthorized")
})

test("the session's end ends its shares", async () => {
  const { id, token } = await shared("view")
  await server.call("end", { id, grace_ms: 0 })
  expect((await get(token, `/v1/sessions/${id}`)).status).toBe(401)
})

test("shares cannot use up all viewers: some stay reserved for the owner", async () => {
  const { id, token } = await shared("view")
  const clients: AttachClient[] = []
  for (let i = 0; i < 6; i++) clients.push(AttachClient.to(server, id, { token, query: "mode=view" }))
  await Promise.all(clients.slice(4).map(client => client.end()))
  expect(clients.slice(4).map(client => client.closed?.code)).toEqual([CloseCode.limit, CloseCode.limit])
  await using own = AttachClient.to(server, id)
  await own.printed("secret-free")
  for (const client of clients) client.socket.close()
})
