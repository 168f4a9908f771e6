// Errors over HTTP: every one has the contract's shape, status and code, and reveals nothing of the server.

import { expect, test } from "bun:test"
import { raw, rawRequest } from "./raw.ts"
import { failureOf, TestServer } from "./server.ts"

const JSON_TYPE = { "content-type": "application/json" }

test("a body that is not a JSON object is 400", async () => {
  await using server = new TestServer()
  for (const body of ["{", "nul", "[]", '"x"', "5", "null", "{} x", "\ufffe{", "a=b"])
    expect(
      await failureOf(server.fetch("/v1/sessions", { method: "POST", body, headers: JSON_TYPE })),
    ).toMatchObject({
      status: 400,
      code: "invalid_input",
    })
})

test("other content types are 415, even with an empty body", async () => {
  await using server = new TestServer()
  const types = [
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain",
    "text/json",
    "application/jsonp",
  ]
  for (const method of ["POST", "PATCH", "DELETE"])
    for (const type of types)
      for (const body of ['{"name":"x"}', ""]) {
        const path = method === "POST" ? "/v1/sessions" : "/v1/sessions/x"
        const answer = await failureOf(
          server.fetch(path, { method, body, headers: { "content-type": type } }),
        )
        expect([answer.status, answer.code]).toEqual([415, "unsupported_media_type"])
        expect(answer.message).toContain(type.split(";")[0]!)
      }
  expect(server.sessions.list()).toEqual([])
  const charset = { "content-type": "Application/JSON; charset=utf-8" }
  expect(
    (await server.fetch("/v1/sessions", { method: "POST", body: '{"argv":["true"]}', headers: charset }))
      .status,
  ).toBe(201)
})

test("unknown fields are named, including __proto__ and the like", async () => {
  await using server = new TestServer()
  const bodies = [
    '{"argv":["true"],"foo":1,"bar":2}',
    '{"__proto__":{"argv":["true"]}}',
    '{"constructor":{"prototype":{}}}',
    '{"toString":1}',
  ]
  for (const body of bodies) {
    const answer = await failureOf(server.fetch("/v1/sessions", { method: "POST", body, headers: JSON_TYPE }))
    expect([answer.status, answer.code]).toEqual([400, "invalid_input"])
    expect(answer.message).toMatch(/"foo", "bar"|__proto__|constructor|toString/)
  }
  for (const query of ["foo=1", "constructor=1", "toString=1", "hasOwnProperty=x"])
    expect((await failureOf(server.fetch(`/v1/sessions?${query}`))).message).toContain(query.split("=")[0]!)
  expect(server.sessions.list()).toEqual([])
  expect(({} as Record<string, unknown>).argv).toBeUndefined()
})

test("a URL alone cannot start or type anything", async () => {
  await using server = new TestServer()
  const id = await server.start("cat")
  const requests: [string, string][] = [
    ["POST", "/v1/sessions?command=id"],
    ["POST", "/v1/run?command=id"],
    ["POST", `/v1/sessions/${id}/input?text=rm`],
    ["PATCH", `/v1/sessions/${id}?name=x`],
  ]
  for (const [method, path] of requests)
    expect(await failureOf(server.fetch(path, { method }))).toMatchObject({
      status: 400,
      code: "invalid_input",
    })
  expect(server.sessions.list().length).toBe(1)
  const twice = server.fetch(`/v1/sessions/${id}/input`, { method: "POST", body: { id: "other", text: "x" } })
  expect((await failureOf(twice)).message).toContain('"id"')
})

test("wrong types and values are named with the value given", async () => {
  await using server = new TestServer()
  const cases: [Record<string, unknown>, string, string][] = [
    [{ argv: "ls" }, "argv", '"ls"'],
    [{ argv: [1] }, "argv.0", "1"],
    [{ argv: null }, "argv", "null"],
    [{ cols: "80" }, "cols", '"80"'],
    [{ cols: 1e308 }, "cols", "1e+308"],
    [{ cols: -0.5 }, "cols", "-0.5"],
    [{ env: [] }, "env", "[]"],
    [{ tags: { a: 1 } }, "tags", '{"a":1}'],
    [{ name: ["x".repeat(200)] }, "name", "…"],
  ]
  for (const [body, field, value] of cases) {
    const answer = await failureOf(server.fetch("/v1/sessions", { method: "POST", body }))
    expect([answer.status, answer.details.field]).toEqual([400, field])
    expect(answer.message).toContain(value)
    expect(answer.message.length).toBeLessThan(300)
  }
})

test("invalid query values are 400", async () => {
  await using server = new TestServer()
  const id = await server.start("cat")
  for (const [query, named] of [
    ["from=x", '"x"'],
    ["from=1e3", '"1e3"'],
    ["from=0x10", '"0x10"'],
    ["from=", '""'],
    ["max_bytes=99999999999999999999", "max_bytes"],
  ] as const)
    expect((await failureOf(server.fetch(`/v1/sessions/${id}/output?${query}`))).message).toContain(named)
  for (const query of [
    "from=x",
    "from=1e3",
    "from=0x10",
    "from=",
    "from=-0.5",
    "encoding=latin1",
    "mode=root",
    "foo=1",
  ])
    expect(await failureOf(server.fetch(`/v1/sessions/${id}/stream?${query}`))).toMatchObject({ status: 400 })
})

test("a body that is too large is rejected, with and without a length", async () => {
  await using server = new TestServer()
  const body = JSON.stringify({ argv: ["true"], env: { x: "y".repeat(10 << 20) } })
  const known = server.fetch("/v1/sessions", { method: "POST", body, headers: JSON_TYPE })
  expect(await failureOf(known)).toMatchObject({
    status: 413,
    code: "too_large",
    details: { limit: 4 << 20 },
  })
  const stream = new Blob([body]).stream()
  const chunked = fetch(`${server.origin}/v1/sessions`, {
    method: "POST",
    body: stream,
    headers: { ...JSON_TYPE, authorization: `Bearer ${server.token}` },
  })
  expect(await failureOf(chunked)).toMatchObject({ status: 413, code: "too_large" })
  expect(server.sessions.list()).toEqual([])
})

test("unknown paths and wrong methods are 404", async () => {
  await using server = new TestServer()
  for (const path of [
    "/v1",
    "/v1/",
    "/v1/session",
    "/V1/sessions",
    "/v1/sessions/",
    "/v1/sessions/x/y",
    "/.env",
    "/v1/sessions/../../etc/passwd",
  ])
    expect(await failureOf(server.fetch(path))).toMatchObject({ status: 404, code: "not_found" })
  for (const [method, path] of [
    ["PUT", "/v1/sessions"],
    ["POST", "/v1/server"],
    ["GET", "/v1/run"],
    ["TRACE", "/v1/sessions"],
  ] as const)
    expect(
      (
        await rawRequest(server.port, `${method} ${path}`, [
          "Host: localhost",
          `Authorization: Bearer ${server.token}`,
        ])
      ).status,
    ).toBeOneOf([404, 405, 501])
})

test("odd URLs: broken escapes, NUL, very long", async () => {
  await using server = new TestServer()
  const headers = ["Host: localhost", `Authorization: Bearer ${server.token}`]
  for (const id of ["%E0%A4%A", "%zz", "%00", "a%00b", "%2e%2e%2f", "%F0%9F%98%80", "s_%ff"]) {
    const { status, body } = await rawRequest(server.port, `GET /v1/sessions/${id}`, headers)
    expect([id, status]).toEqual([id, 404])
    expect(JSON.parse(body).error.code).toBe("not_found")
  }
  const long = await rawRequest(server.port, `GET /v1/sessions/${"x".repeat(9000)}`, headers)
  expect(long.status).toBeOneOf([400, 404, 414, 431])
  expect((await failureOf(server.fetch(`/v1/sessions/${"x".repeat(300)}`))).status).toBe(400)
  expect((await failureOf(server.fetch("/v1/sessions/missing"))).message).toBe('no session "missing"')
})

test("no response has a stack, and an unexpected error reveals nothing", async () => {
  await using server = new TestServer()
  const id = await server.start("cat")
  server.sessions.get(id).resize = () => {
    throw new TypeError("secret in /srv/private.ts")
  }
  const answer = await failureOf(
    server.fetch(`/v1/sessions/${id}/resize`, { method: "POST", body: { cols: 9, rows: 9 } }),
  )
  expect(answer).toMatchObject({ status: 500, code: "internal", details: {} })
  expect(JSON.stringify(answer)).not.toMatch(/secret|private|\bat \w|\.ts/)
  expect(server.faults.length).toBe(1)
})

test("a request that is not HTTP does no harm", async () => {
  await using server = new TestServer()
  for (const garbage of [
    "\0\0\0\0\r\n\r\n",
    "GET\r\n\r\n",
    "GET / HTTP/9.9\r\n\r\n",
    `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"y".repeat(100_000)}\r\n\r\n`,
    "POST /v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\nConnection: close\r\n\r\n",
  ]) {
    const { status } = await raw(server.port, garbage).catch(() => ({ status: 0 }))
    expect(status === 0 || status >= 400).toBe(true)
  }
  expect((await server.fetch("/healthz")).status).toBe(200)
})
