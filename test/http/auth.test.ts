// Authentication: token, cookie, ticket, and the limit on wrong tokens.

import { afterEach, expect, setSystemTime, test } from "bun:test"
import { AttachClient } from "./attach-client.ts"
import { failureOf, TestServer } from "./server.ts"

afterEach(() => setSystemTime())

/** Signs in. Returns the cookie as name=value, and its attributes. */
async function login(
  server: TestServer,
  token = server.token,
): Promise<{ cookie: string; attributes: string[] }> {
  const body = JSON.stringify({ token })
  const answer = await fetch(`${server.origin}/v1/login`, {
    method: "POST",
    body,
    headers: { "content-type": "application/json" },
  })
  if (answer.status !== 204) throw new Error(`${answer.status}`)
  const [cookie = "", ...attributes] = answer.headers.get("set-cookie")!.split("; ")
  return { cookie, attributes }
}

const listWith = (server: TestServer, headers: Record<string, string>) =>
  fetch(`${server.origin}/v1/sessions`, { headers })

const CLOSED = [
  "GET /v1/sessions",
  "POST /v1/sessions",
  "POST /v1/run",
  "GET /v1/server",
  "POST /v1/tickets",
  "GET /v1/events",
  "GET /metrics",
  "GET /v1/sessions/x",
  "DELETE /v1/sessions/x",
  "GET /v1/sessions/x/output",
  "GET /v1/sessions/x/stream",
  "POST /v1/sessions/x/input",
]

test("without a token everything except the open documents is 401", async () => {
  await using server = new TestServer()
  await server.start("cat", { name: "x" })
  for (const route of CLOSED) {
    const [method, path] = route.split(" ") as [string, string]
    const answer = await failureOf(fetch(server.origin + path, { method }))
    expect([route, answer.status, answer.code]).toEqual([route, 401, "unauthorized"])
  }
  for (const path of ["/healthz", "/readyz", "/openapi.json", "/docs"])
    expect((await fetch(server.origin + path)).status).toBe(200)
  expect(await (await fetch(`${server.origin}/healthz`)).json()).toEqual({ ok: true })
})

test("the token is accepted in the header only", async () => {
  await using server = new TestServer()
  const { token } = server
  for (const authorization of [`Bearer ${token}`, `bearer ${token}`, `Bearer   ${token}`])
    expect((await listWith(server, { authorization })).status).toBe(200)
  for (const authorization of [
    "Bearer",
    "Bearer ",
    `Bearer ${token}x`,
    `Bearer ${token.slice(1)}`,
    token,
    `Basic ${btoa(`x:${token}`)}`,
    `Bearer ${token} ${token}`,
  ])
    expect((await listWith(server, { authorization })).status).toBe(401)
  expect((await fetch(`${server.origin}/v1/sessions?token=${token}`)).status).toBe(401)
})

test("login sets a cookie that scripts and other sites cannot read", async () => {
  await using server = new TestServer()
  const { cookie, attributes } = await login(server)
  expect(attributes.sort()).toEqual(["HttpOnly", "Max-Age=2592000", "Path=/", "SameSite=Strict"])
  expect(cookie).toStartWith(`ptyline_${server.port}=`)
  expect(cookie).not.toContain(server.token)
  expect((await listWith(server, { cookie })).status).toBe(200)
  expect((await listWith(server, { cookie: `other=1; ${cookie}; z=2` })).status).toBe(200)
  // a cookie of the same name, set by another program on this machine, must not lock the person out
  const tossed = `ptyline_${server.port}=x; ${cookie}`
  expect((await listWith(server, { cookie: tossed })).status).toBe(200)
  const out = await fetch(`${server.origin}/v1/logout`, { method: "POST" })
  expect(out.headers.get("set-cookie")).toContain("Max-Age=0")
  await using tls = new TestServer({ guard: { secure: true } })
  expect((await login(tls)).attributes).toContain("Secure")
})

test("a cookie survives a restart of the server, and ends with its token or its time", async () => {
  const token = "t".repeat(43)
  const first = new TestServer({ token })
  const value = (await login(first)).cookie.split("=")[1]!
  await first.stop()
  await using again = new TestServer({ token })
  await using other = new TestServer()
  const cookieOn = (server: TestServer) => listWith(server, { cookie: `ptyline_${server.port}=${value}` })
  expect((await cookieOn(again)).status).toBe(200)
  expect((await cookieOn(other)).status).toBe(401)
  setSystemTime(Date.now() + 31 * 86_400_000)
  expect((await cookieOn(again)).status).toBe(401)
})

test("a forged cookie is rejected", async () => {
  await using server = new TestServer()
  const { cookie } = await login(server)
  const [name, value] = cookie.split("=") as [string, string]
  const [expires, signature] = value.split(".") as [string, string]
  const forged = [
    "",
    ".",
    `${expires}`,
    `${expires}.`,
    `${Number(expires) + 1}.${signature}`,
    `${expires}.${signature.slice(1)}`,
    `Infinity.${signature}`,
    `1e99.${signature}`,
    `${expires}0.${signature}`,
    server.token,
  ]
  for (const bad of forged)
    expect([bad, (await listWith(server, { cookie: `${name}=${bad}` })).status]).toEqual([bad, 401])
})

test("login accepts only a token", async () => {
  await using server = new TestServer()
  const post = (body: unknown) => failureOf(server.fetch("/v1/login", { method: "POST", body }))
  expect(await post({})).toMatchObject({ status: 400, code: "invalid_input" })
  expect(await post({ token: 5 })).toMatchObject({ status: 400 })
  expect(await post({ token: "x".repeat(2000) })).toMatchObject({ status: 400 })
  expect(await post({ token: "wrong" })).toMatchObject({ status: 401, code: "unauthorized" })
})

test("wrong tokens are limited, and the right token is still accepted", async () => {
  await using server = new TestServer()
  const statuses: number[] = []
  for (let i = 0; i < 15; i++)
    statuses.push((await listWith(server, { authorization: `Bearer guess${i}` })).status)
  expect(statuses.slice(0, 10)).toEqual(Array(10).fill(401))
  expect(statuses.slice(10)).toEqual(Array(5).fill(429))
  expect((await listWith(server, { authorization: `Bearer ${server.token}` })).status).toBe(200)
  expect((await login(server)).cookie).not.toBe("")
  expect(await failureOf(server.fetch("/v1/login", { method: "POST", body: { token: "x" } }))).toMatchObject({
    status: 429,
    code: "limit_reached",
  })
})

test("a ticket opens one socket, once", async () => {
  await using server = new TestServer()
  const id = await server.start("cat")
  const { ticket } = await server.call("ticket", { session_id: id, mode: "control" })
  {
    await using client = AttachClient.to(server, id, { token: null, query: `ticket=${ticket}` })
    expect((await client.frame("hello")).mode).toBe("control")
  }
  const again = AttachClient.to(server, id, { token: null, query: `ticket=${ticket}` })
  expect((await again.end()).code).toBe(4401)
})

test("a ticket is valid for its session and mode, for a minute", async () => {
  await using server = new TestServer()
  const id = await server.start("cat", { name: "mine" })
  const other = await server.start("cat")
  const ticketFor = async (mode: "view" | "control") =>
    (await server.call("ticket", { session_id: "mine", mode })).ticket
  const attach = async (to: string, query: string) =>
    (await AttachClient.to(server, to, { token: null, query }).end()).code
  expect(await attach(other, `ticket=${await ticketFor("control")}`)).toBe(4401)
  expect(await attach(id, `mode=control&ticket=${await ticketFor("view")}`)).toBe(4401)
  expect(await attach(id, `mode=view&ticket=${await ticketFor("control")}`)).toBe(4401)
  expect(await attach(id, "ticket=")).toBe(4401)
  const late = await ticketFor("view")
  setSystemTime(Date.now() + 61_000)
  expect(await attach(id, `mode=view&ticket=${late}`)).toBe(4401)
})

test("a ticket opens a stream; callers without one cannot discover sessions", async () => {
  await using server = new TestServer()
  const id = await server.start("cat", { name: "mine" })
  const stream = (to: string, ticket: string) =>
    fetch(`${server.origin}/v1/sessions/${to}/stream?ticket=${ticket}`)
  const { ticket } = await server.call("ticket", { session_id: id })
  const answer = await stream(id, ticket)
  expect(answer.status).toBe(200)
  await answer.body!.cancel()
  for (const to of ["mine", "missing"]) {
    expect((await failureOf(stream(to, ticket))).status).toBe(401)
    expect((await AttachClient.to(server, to, { token: null }).end()).code).toBe(4401)
    expect((await AttachClient.to(server, to, { token: null, query: "ticket=x" }).end()).code).toBe(4401)
  }
  expect((await AttachClient.to(server, "missing").end()).code).toBe(4404)
})

test("a server without authentication admits every caller", async () => {
  await using server = new TestServer({ open: true })
  expect((await listWith(server, {})).status).toBe(200)
  expect((await listWith(server, { authorization: "Bearer whatever" })).status).toBe(200)
})
