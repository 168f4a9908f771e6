// The rest of MOP's surface: options, paths, custom endpoints, documents, origins (contract mop, 5: 34 to
// 36).

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { Validator } from "@seriousme/openapi-schema-validator"
import { parse } from "yaml"
import { scratch } from "../../helpers.ts"
import { Home } from "../../program.ts"
import { BASH, type MopServer, mopServer } from "./client.ts"

setDefaultTimeout(60_000)

/** A program that prints its arguments, body and environment. */
const REPORT = `node -e '
  let body = ""
  process.stdin.on("data", piece => { body += piece })
  process.stdin.on("end", () => console.log(JSON.stringify({
    content: { args: process.argv.slice(1), body, token: Object.keys(process.env).filter(n => n.startsWith("PTYLINE_")) },
    mime_type: "application/json", headers: { "x-own": "yes" },
  })))'`

const ENDPOINTS = [
  { name: "hi", method: "GET", path: "/hi", runtime: `printf '{"content":"hi","status":201}'` },
  { name: "empty", method: "get", path: "empty", runtime: "printf {}" },
  { name: "report", method: "POST", path: "/report", runtime: `${REPORT} -- first` },
  {
    name: "where",
    method: "GET",
    path: "/where",
    runtime: `sh -c 'printf "{\\"content\\":\\"%s\\"}" "$PWD"'`,
  },
  { name: "broken", method: "GET", path: "/broken", runtime: "printf nonsense" },
  { name: "missing", method: "GET", path: "/missing", runtime: "/no/such/program" },
]

let data: ReturnType<typeof scratch>
let server: MopServer
beforeAll(async () => {
  data = scratch()
  writeFileSync(join(data.path, "mop_custom_endpoints.json"), JSON.stringify({ endpoints: ENDPOINTS }))
  server = await mopServer([...BASH, "--moppy", data.path])
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  data[Symbol.dispose]()
})

test("the environment of a session", async () => {
  await using env = await mopServer(["--no-auth", "-c", "env"], {
    PTYLINE_TOKEN: "x",
    OTHER_VARIABLE: "kept",
  })
  const client = await env.start({}, null)
  await client.ended()
  const text = await client.text()
  for (const pair of [
    "PYTHONUNBUFFERED=1",
    "PYTHONIOENCODING=utf-8",
    "TERM=xterm",
    "LANG=C.UTF-8",
    "LC_ALL=C.UTF-8",
    "LANGUAGE=C.UTF-8",
    "OTHER_VARIABLE=kept",
  ])
    expect(text).toContain(`${pair}\r\n`)
  expect(text.match(/^PTYLINE_\w+/gm)).toEqual(["PTYLINE_SESSION"])
})

test("a command that cannot start is 500 with the reason", async () => {
  await using none = await mopServer(["--no-auth", "-c", "/no/such/program"])
  const { status, body } = await none.post("/mop/init", {})
  expect([status, body.code, body.status]).toEqual([
    500,
    1,
    expect.stringMatching(/^Failed to start process: .*\/no\/such\/program/),
  ])
  expect((await none.process()).status).toBe(428)
})

test("a session above --max-sessions is 503", async () => {
  await using few = await mopServer([...BASH, "--max-sessions", "2"])
  await few.start()
  const { status, body } = await few.post("/mop/init", {})
  expect([status, body]).toEqual([503, { status: "Too many sessions", code: 1 }])
})

describe("34: other paths", () => {
  test("an unknown path is 404", async () => {
    const text = await server.request("/nope")
    expect([text.status, text.body, text.headers.get("content-type")]).toEqual([
      404,
      "404 Not Found",
      expect.stringContaining("text/plain"),
    ])
    const json = await server.request("/nope/there", { headers: { accept: "application/json" } })
    expect([json.status, json.body]).toEqual([
      404,
      { status: "External endpoint at nope/there is not implemented" },
    ])
    expect((await server.request("/mop/init")).status).toBe(404)
    expect((await server.request("/mop/process", { method: "POST" })).status).toBe(404)
  })

  test.each(["PUT", "PATCH", "DELETE"])("%s is 405", async method => {
    for (const path of ["/mop/init", "/mop/process", "/mop/power/stream/read"]) {
      const { status, body } = await server.request(path, { method })
      expect([path, status, body]).toEqual([path, 405, { detail: "Method Not Allowed" }])
    }
  })

  test("a custom endpoint runs its program", async () => {
    const hi = await server.request("/hi")
    expect([hi.status, hi.body, hi.headers.get("content-type")]).toEqual([
      201,
      "hi",
      "application/octet-stream",
    ])
    expect((await server.request("/empty")).status).toBe(204)
    expect((await server.request("/where")).body).toBe(data.path)
    // a POST falls back to the GET entry
    expect((await server.post("/hi", {})).status).toBe(201)
    expect((await server.request("/report")).status).toBe(404)
  })

  test("the program gets the arguments and the body, but no server secrets", async () => {
    const sent = { arguments: "one 'two three'", more: 1 }
    const { status, body, headers } = await server.post("/report", sent)
    expect([status, headers.get("x-own")]).toEqual([200, "yes"])
    expect(body).toEqual({ args: ["first", "one", "two three"], body: JSON.stringify(sent), token: [] })
  })

  test("errors are JSON", async () => {
    const bad = await server.request("/report", { method: "POST", body: "{" })
    expect([bad.status, bad.body]).toEqual([400, { status: "Invalid JSON", code: 1 }])
    for (const path of ["/broken", "/missing"]) {
      const { status, body } = await server.request(path)
      expect([path, status, body.code]).toEqual([path, 500, 1])
      expect(JSON.stringify(body)).not.toContain(data.path)
    }
  })

  test("an invalid file is reported with its name and field", async () => {
    using wrong = scratch()
    writeFileSync(
      join(wrong.path, "mop_custom_endpoints.json"),
      '{"endpoints":[{"name":"x","method":"GET","path":"/x"}]}',
    )
    using home = new Home()
    const { code, stderr } = await home.run("serve", "--port", "0", "-c", "cat", "--moppy", wrong.path)
    expect(code).not.toBe(0)
    expect(stderr).toMatch(/mop_custom_endpoints\.json: endpoints\.0\.runtime/)
  })
})

describe("35: origins and hosts", () => {
  const from = (origin: string | null, more: Record<string, string> = {}) => ({
    "content-type": "application/json",
    ...(origin !== null && { origin }),
    ...more,
  })
  const init = (headers: Record<string, string>) =>
    server.request("/mop/init", { method: "POST", headers, body: "{}" })
  const count = async () => (await server.process()).body.sessions ?? 0

  test("foreign origins and hosts start nothing", async () => {
    const before = await count()
    for (const headers of [
      from("http://evil.example"),
      from("null"),
      from("https://localhost.evil.example"),
      from(null, { "sec-fetch-site": "cross-site" }),
    ]) {
      expect([headers, (await init(headers)).status]).toEqual([headers, 403])
    }
    expect((await init(from(null, { host: "evil.example" }))).status).toBe(421)
    expect((await init(from("http://localhost:1", { host: "evil.example" }))).status).toBe(421)
    const upgrade = {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "cHR5bGluZSB0ZXN0IGtleQ==",
    }
    const socket = await server.request("/mop/power/sock/Public", {
      headers: { ...upgrade, origin: "http://evil.example" },
    })
    expect(socket.status).toBe(403)
    expect(await count()).toBe(before)
  })

  test("loopback origins with another port are allowed", async () => {
    const { status, headers, body } = await init(
      from("http://localhost:8080", { "sec-fetch-site": "same-site" }),
    )
    expect(status).toBe(200)
    expect(headers.get("access-control-allow-origin")).toBeNull()
    await server.post("/mop/end", { key: body.key })
    // the native API accepts only its own origin
    const native = await server.request("/v1/sessions", { headers: { origin: "http://localhost:8080" } })
    expect(native.status).toBe(403)
    const origin = { origin: "http://127.0.0.1:8080" }
    expect((await server.post("/hi", {}, origin)).status).toBe(201)
    expect((await server.post("/hi", {}, { origin: "http://evil.example" })).status).toBe(403)
  })

  test("with authentication, a call without the token is 401", async () => {
    await using closed = await mopServer(["-c", "cat"])
    const ask = (path: string, headers: Record<string, string> = {}) =>
      closed.request(path, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: "{}",
      })
    for (const path of ["/mop/init", "/mop/read", "/mop/power/stream/read"])
      expect([path, (await ask(path)).status]).toEqual([path, 401])
    expect((await closed.request("/mop/process")).status).toBe(401)
    const bearer = { authorization: `Bearer ${closed.served.token}` }
    expect((await closed.request("/mop/process", { headers: bearer })).status).toBe(428)
    expect((await ask("/mop/init", bearer)).status).toBe(200)
  })
})

describe("36: pages for people", () => {
  const get = (path: string, accept: string) => server.request(path, { headers: { accept } })
  test("/", async () => {
    const html = await get("/", "text/html,application/xhtml+xml,*/*;q=0.8")
    expect([html.status, html.headers.get("content-type")]).toEqual([
      200,
      expect.stringContaining("text/html"),
    ])
    const json = await get("/", "application/json")
    expect([json.status, json.body]).toEqual([
      400,
      { status: "use /mop/", comment: expect.any(String), code: 0 },
    ])
    const other = await get("/", "*/*")
    expect([other.status, other.headers.get("content-type")]).toEqual([
      200,
      expect.stringContaining("text/plain"),
    ])
  })

  test.each(["/ui/", "/ui/session", "/ui/xterm", "/client", "/client/a/b", "/favicon.ico"])(
    "%s",
    async path => {
      const { status, headers, body } = await get(path, "*/*")
      expect([status, headers.get("content-type")]).toEqual([200, expect.stringContaining("text/html")])
      for (const [, asset] of body.matchAll(/(?:src|href)="([^"]+)"/g))
        expect([asset, (await server.request(asset)).status]).toEqual([asset, 200])
    },
  )

  test("documents", async () => {
    const yaml = await get("/asyncapi.yaml", "*/*")
    expect([yaml.status, yaml.headers.get("content-type")]).toEqual([200, "application/yaml"])
    expect(parse(yaml.body).channels.sock.address).toBe("/mop/power/sock/{alias}")
    expect((await get("/asyncapi.yaml", "text/html")).headers.get("content-type")).toContain("text/plain")
    expect((await get("/asyncDocs", "text/html")).headers.get("content-type")).toContain("text/html")
    const { body: document } = await get("/openapi.json", "*/*")
    const checked = await new Validator().validate(document)
    expect(checked.errors).toBeUndefined()
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(["/mop/init", "/mop/process", "/mop/power/stream/read"]),
    )
    expect((await get("/docs", "text/html")).body).toContain("/mop/write")
  })
})

test("tags are any JSON", async () => {
  const client = await server.start()
  expect((await client.post("/mop/cosmetics/get_tags")).body).toEqual({ tags: [], code: 0 })
  const tags = ["x", 1, null, { deep: [true] }]
  expect((await client.post("/mop/cosmetics/set_tags", { tags })).body).toEqual({
    status: "Tags updated",
    code: 0,
  })
  expect((await client.post("/mop/cosmetics/get_tags")).body).toEqual({ tags, code: 0 })
})

test("the native API lists MOP's sessions without their keys", async () => {
  const client = await server.start()
  const { body } = await server.request("/v1/sessions?tag=mop")
  expect(body.sessions.length).toBeGreaterThanOrEqual(2)
  expect(JSON.stringify(body)).not.toContain(client.key)
  const [{ id }] = body.sessions.filter((session: { state: string }) => session.state === "running")
  expect(id).toStartWith("s_")
})
