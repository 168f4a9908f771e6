// Named tokens: their scopes, who may create them, and revocation.

import { afterAll, beforeAll, expect, test } from "bun:test"
import { httpCall } from "../../src/http/api/client.ts"
import { CloseCode } from "../../src/wire/attach.ts"
import { failing } from "../ops/surfaces.ts"
import { AttachClient } from "./attach-client.ts"
import { failureOf, TestServer } from "./server.ts"

let server: TestServer

beforeAll(() => {
  server = new TestServer()
})
afterAll(() => server.stop())

async function holder(name: string, scope: "view" | "control" | "admin") {
  const { token } = await server.call("token", { name, scope })
  return { token, call: httpCall(server.origin, { token }) }
}

test("scope view reads, control also types, admin also starts sessions", async () => {
  const id = await server.start("cat")
  const view = await holder("v", "view")
  const control = await holder("c", "control")
  const admin = await holder("a", "admin")
  expect((await view.call("list", {})).sessions.length).toBe(1)
  await failing(view.call("write", { id, text: "no\n" }), "denied")
  await failing(view.call("lease", { id, action: "take", client: "v" }), "denied")
  await control.call("write", { id, text: "yes\n" })
  await failing(control.call("create", { argv: ["cat"] }), "denied")
  const made = await admin.call("create", { argv: ["cat"] })
  await control.call("end", { id: made.id, grace_ms: 0 })
})

test("a socket without a mode has its token's scope", async () => {
  const id = await server.start("cat")
  const { token } = await holder("looker", "view")
  await using client = AttachClient.to(server, id, { token })
  expect((await client.frame("hello")).mode).toBe("view")
  await using control = AttachClient.to(server, id, { token, query: "mode=control" })
  expect((await control.end()).code).toBe(CloseCode.policy)
})

test("a named token cannot create, list or revoke tokens: an expiring one could create a lasting one", async () => {
  const { call } = await holder("root", "admin")
  await failing(call("token", { name: "more", scope: "view" }), "denied")
  await failing(call("tokens", {}), "denied")
  await failing(call("revoke", { name: "root" }), "denied")
})

test("a token is listed without its secret, revoked by name, and its name is unique", async () => {
  const { token, call } = await holder("listed", "view")
  const { tokens } = await server.call("tokens", {})
  expect(tokens.find(({ name }) => name === "listed")).toMatchObject({ scope: "view", expires_at: null })
  expect(JSON.stringify(tokens)).not.toContain(token)
  await failing(server.call("token", { name: "listed" }), "conflict")
  await server.call("revoke", { name: "listed" })
  await failing(call("list", {}), "unauthorized")
  await failing(server.call("revoke", { name: "listed" }), "not_found")
})

test("a browser signed in with a token has its scope, and is signed out when it is revoked", async () => {
  const { token } = await holder("browser", "view")
  const headers = { "content-type": "application/json" }
  const body = JSON.stringify({ token })
  const answer = await fetch(`${server.origin}/v1/login`, { method: "POST", headers, body })
  const cookie = answer.headers.get("set-cookie")!.split(";")[0]!
  const ask = (method: string, path: string) =>
    fetch(server.origin + path, { method, headers: { ...headers, cookie } })
  expect((await ask("GET", "/v1/sessions")).status).toBe(200)
  expect((await failureOf(ask("POST", "/v1/sessions"))).status).toBe(403)
  const [expires, , signature] = cookie.slice(cookie.indexOf("=") + 1).split(".")
  const forged = { cookie: `${cookie.slice(0, cookie.indexOf("="))}=${expires}.${signature}` }
  expect((await fetch(`${server.origin}/v1/sessions`, { headers: forged })).status).toBe(401)
  await server.call("revoke", { name: "browser" })
  expect((await ask("GET", "/v1/sessions")).status).toBe(401)
})

test("revoking closes a token's sockets, and those of its shares", async () => {
  const id = await server.start("cat")
  const { token, call } = await holder("sharing", "admin")
  const guest = await call("share", { id })
  await using own = AttachClient.to(server, id, { token })
  await using given = AttachClient.to(server, id, { token: guest.token, query: "mode=view" })
  await Promise.all([own.frame("hello"), given.frame("hello")])
  await server.call("revoke", { name: "sharing" })
  expect((await own.end()).code).toBe(CloseCode.unauthorized)
  expect((await given.end()).code).toBe(CloseCode.unauthorized)
})

test("on a server without authentication a secret still has its scope", async () => {
  await using open = new TestServer({ open: true })
  const id = await open.start("cat")
  const { token } = await open.call("share", { id })
  const guest = httpCall(open.origin, { token })
  await failing(guest("write", { id, text: "no\n" }), "denied")
  await open.call("unshare", { id })
  await failing(guest("get", { id }), "unauthorized")
})
