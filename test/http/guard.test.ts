// The guard against other web pages: Host, Origin and Sec-Fetch-Site. A rejected request starts nothing.

import { afterAll, expect, test } from "bun:test"
import { join } from "node:path"
import { dialFetch } from "#runtime/dial.ts"
import { scratch } from "../helpers.ts"
import { AttachClient } from "./attach-client.ts"
import { rawRequest } from "./raw.ts"
import { failureOf, TestServer } from "./server.ts"

const server = new TestServer({
  guard: { allowHosts: ["box.example"], allowOrigins: ["https://app.example"] },
})
const strict = new TestServer()
afterAll(() => Promise.all([server.stop(), strict.stop()]))

const bearer = `Authorization: Bearer ${server.token}`
const list = (...headers: string[]) => rawRequest(server.port, "GET /v1/sessions", [bearer, ...headers])

test("hosts that name this machine are accepted, by name or address", async () => {
  const hosts = [
    "localhost",
    "LOCALHOST",
    "localhost.",
    "foo.localhost",
    "127.0.0.1",
    "[::1]",
    "192.168.1.7",
    "[fe80::1]",
    "box.example",
    "Box.Example.",
  ]
  for (const host of hosts)
    for (const port of ["", `:${server.port}`, ":1"])
      expect([host, (await list(`Host: ${host}${port}`)).status]).toEqual([host, 200])
})

test("other hosts are 421 in every spelling, against DNS rebinding", async () => {
  const hosts = [
    "evil.example",
    "localhost.evil.example",
    "evil-localhost",
    "127.0.0.1.evil.example",
    "127.0.0.1@evil.example",
    "evil.example:80",
    "localhost:80:80",
    "localhost:evil",
    "localhost/evil",
    "0x7f.1",
    "2130706433",
    "[::1",
    "::1",
    "[evil.example]",
    "box.example.evil.example",
    "localhost, evil.example",
    "..",
  ]
  for (const host of hosts) {
    const { status, body, head } = await list(`Host: ${host}`)
    expect([host, status]).toEqual([host, 421])
    expect(JSON.parse(body).error.code).toBe("denied")
    expect(head).toContain("x-content-type-options: nosniff")
    expect(head).toContain("cache-control: no-store")
  }
})

test("a request without Host, with an empty one, with two", async () => {
  for (const headers of [
    [],
    ["Host:"],
    ["Host: localhost", "Host: evil.example"],
    ["Host: evil.example", "Host: localhost"],
  ])
    expect((await list(...headers)).status).toBeOneOf([400, 421])
})

test("the host is checked on every route", async () => {
  for (const path of [
    "/",
    "/healthz",
    "/docs",
    "/openapi.json",
    "/metrics",
    "/v1/events",
    "/v1/sessions/x/attach",
    "/nothing",
  ])
    expect((await rawRequest(server.port, `GET ${path}`, ["Host: evil.example"])).status).toBe(421)
})

test("foreign origins are rejected before anything happens", async () => {
  const origins = [
    "https://evil.example",
    "null",
    "",
    `http://127.0.0.1:${server.port + 1}`,
    "http://127.0.0.1",
    `https://127.0.0.1:${server.port}`,
    `http://localhost:${server.port}`,
    `http://127.0.0.1:${server.port}.evil.example`,
    `http://evil.example#127.0.0.1:${server.port}`,
    `http://evil@127.0.0.1:${server.port}`,
    "https://app.example.evil.example",
    "https://sub.app.example",
    "http://app.example",
    "https://app.example:8443",
    "file://",
  ]
  for (const origin of origins)
    for (const [method, path] of [
      ["POST", "/v1/sessions"],
      ["GET", "/v1/sessions"],
      ["POST", "/v1/login"],
      ["DELETE", "/v1/sessions/x"],
    ] as const) {
      const headers = [
        bearer,
        `Host: 127.0.0.1:${server.port}`,
        `Origin: ${origin}`,
        "Content-Type: application/json",
      ]
      const { status, body } = await rawRequest(
        server.port,
        `${method} ${path}`,
        headers,
        method === "POST" ? '{"argv":["true"]}' : "",
      )
      expect([origin, method, status]).toEqual([origin, method, 403])
      expect(JSON.parse(body).error.code).toBe("denied")
    }
  expect(server.sessions.list()).toEqual([])
})

test("the page's own origin is accepted in any case", async () => {
  for (const host of [`127.0.0.1:${server.port}`, `localhost:${server.port}`, `[::1]:${server.port}`])
    expect((await list(`Host: ${host.toUpperCase()}`, `Origin: http://${host}`)).status).toBe(200)
})

test("pages of an allowed origin may send requests and read responses", async () => {
  const host = `Host: 127.0.0.1:${server.port}`
  const { status, head } = await list(host, "Origin: https://app.example", "Sec-Fetch-Site: cross-site")
  expect(status).toBe(200)
  expect(head).toContain("access-control-allow-origin: https://app.example")
  expect(head).not.toContain("access-control-allow-credentials")
  const preflight = await rawRequest(server.port, "OPTIONS /v1/sessions", [
    host,
    "Origin: https://app.example",
    "Access-Control-Request-Method: POST",
    "Access-Control-Request-Headers: authorization,content-type",
  ])
  expect(preflight.status).toBe(204)
  expect(preflight.head).toContain("access-control-allow-headers: authorization,content-type")
  const foreign = await rawRequest(server.port, "OPTIONS /v1/sessions", [
    host,
    "Origin: https://evil.example",
    "Access-Control-Request-Method: POST",
  ])
  expect([foreign.status, foreign.head.includes("access-control")]).toEqual([403, false])
})

test("Sec-Fetch-Site: cross-site without an Origin is rejected", async () => {
  const host = `Host: 127.0.0.1:${server.port}`
  for (const path of [
    "/v1/sessions",
    "/v1/sessions/x/attach",
    "/v1/events",
    "/metrics",
    "/",
    "/openapi.json",
  ]) {
    const { status } = await rawRequest(server.port, `GET ${path}`, [
      bearer,
      host,
      "Sec-Fetch-Site: cross-site",
      "Sec-Fetch-Mode: no-cors",
    ])
    expect([path, status]).toEqual([path, 403])
  }
  for (const site of ["same-origin", "none"])
    expect((await list(host, `Sec-Fetch-Site: ${site}`)).status).toBe(200)
})

test("a link on another site may lead to the page only", async () => {
  const navigation = [
    `Host: 127.0.0.1:${server.port}`,
    bearer,
    "Sec-Fetch-Site: cross-site",
    "Sec-Fetch-Mode: navigate",
    "Sec-Fetch-Dest: document",
  ]
  expect((await rawRequest(server.port, "GET /", navigation)).status).not.toBe(403)
  expect((await rawRequest(server.port, "GET /docs", navigation)).status).toBe(200)
  for (const path of ["/v1/sessions", "/v1/server", "/v1/events", "/metrics"])
    expect([path, (await rawRequest(server.port, `GET ${path}`, navigation)).status]).toEqual([path, 403])
  const framed = navigation.map(line => line.replace("document", "iframe"))
  expect((await rawRequest(server.port, "GET /", framed)).status).toBe(403)
  expect((await rawRequest(server.port, "POST /", navigation)).status).toBe(403)
})

test("a socket from a foreign page is rejected in the handshake", async () => {
  const id = await strict.start("cat")
  for (const origin of ["https://evil.example", "null", `http://localhost:${strict.port}`]) {
    const client = AttachClient.to(strict, id, { headers: { origin } })
    expect((await client.end()).code).toBe(1006)
    expect(client.frames).toEqual([])
  }
  expect(strict.sessions.get(id).viewers.count).toBe(0)
  await using own = AttachClient.to(strict, id, { headers: { origin: strict.origin } })
  await own.frame("hello")
})

test("the Unix socket accepts any host: its permissions protect it", async () => {
  using directory = scratch()
  const unix = join(directory.path, "s.sock")
  await using local = new TestServer({ unix })
  const init = { unix, headers: { host: "evil.example", origin: "https://evil.example" } }
  expect((await dialFetch("http://evil.example/v1/sessions", init)).status).toBe(200)
  expect(
    await failureOf(fetch(`${local.origin}/v1/sessions`, { headers: { origin: "https://evil.example" } })),
  ).toMatchObject({ status: 403 })
})

test("a custom endpoint on a native path does not open that path to pages of other ports", async () => {
  const neighbours = ["/v1/sessions", "/mcp", "/theirs"]
  await using server = new TestServer({ open: true, guard: { neighbours } })
  const headers = { origin: "http://localhost:1" }
  const statuses = neighbours.map(async path => (await server.fetch(path, { headers })).status)
  expect(await Promise.all(statuses)).toEqual([403, 403, 404])
})
