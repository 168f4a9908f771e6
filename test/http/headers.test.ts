// Response headers, and the documents: health, metrics, reference.

import { expect, test } from "bun:test"
import { Validator } from "@seriousme/openapi-schema-validator"
import { TestServer } from "./server.ts"

test("every response forbids sniffing, framing, caching and foreign content", async () => {
  await using server = new TestServer()
  const id = await server.start("cat")
  const paths = [
    "/",
    "/healthz",
    "/docs",
    "/docs.css",
    "/openapi.json",
    "/metrics",
    "/v1/sessions",
    "/v1/server",
    "/nothing",
    "/v1/sessions/missing",
    `/v1/sessions/${id}/stream`,
    "/v1/sessions?foo=1",
  ]
  for (const path of paths) {
    const { headers, body } = await server.fetch(path)
    await body?.cancel()
    const header = (name: string) => headers.get(name) ?? ""
    expect(header("x-content-type-options")).toBe("nosniff")
    expect(header("x-frame-options")).toBe("DENY")
    expect(header("referrer-policy")).toBe("no-referrer")
    expect(header("cross-origin-resource-policy")).toBe("same-origin")
    expect(header("content-security-policy")).toContain("default-src 'none'")
    expect(header("content-security-policy")).toContain("frame-ancestors 'none'")
    expect(header("content-security-policy")).not.toContain("unsafe")
    expect(header("cache-control")).toMatch(/no-store|no-cache/)
    expect(header("server")).toBe("")
    expect(header("x-powered-by")).toBe("")
  }
})

test("a program's output has a content type that no browser runs", async () => {
  await using server = new TestServer()
  const id = await server.start("printf '<script>alert(1)</script>'", { name: "<b>" })
  await server.outputOf(id)
  for (const path of [
    `/v1/sessions/${id}/output`,
    `/v1/sessions/${id}/stream`,
    "/v1/sessions",
    "/v1/sessions/%3Cscript%3E",
  ]) {
    const { headers, body } = await server.fetch(path)
    expect(headers.get("content-type")).toMatch(/^(application\/json|text\/event-stream)/)
    await body!.cancel()
  }
})

test("the OpenAPI document is valid and lists every route and code", async () => {
  await using server = new TestServer()
  const document = await (await server.fetch("/openapi.json")).json()
  const result = await new Validator().validate(structuredClone(document))
  expect(result.errors ?? null).toBeNull()
  expect(result.valid).toBe(true)
  expect(document.openapi).toStartWith("3.1")
  const routes = Object.entries(document.paths as Record<string, object>).flatMap(([path, item]) =>
    Object.keys(item).map(method => `${method} ${path}`),
  )
  for (const route of [
    "post /v1/sessions",
    "get /v1/sessions/{id}/output",
    "delete /v1/sessions/{id}",
    "get /v1/sessions/{id}/attach",
    "get /v1/sessions/{id}/stream",
    "get /v1/events",
    "post /v1/login",
    "get /healthz",
  ])
    expect(routes).toContain(route)
  const ids = Object.values(
    document.paths as Record<string, Record<string, { operationId: string }>>,
  ).flatMap(item => Object.values(item).map(({ operationId }) => operationId))
  expect(new Set(ids).size).toBe(ids.length)
})

test("a response matches its description in the document", async () => {
  await using server = new TestServer()
  const document = await (await server.fetch("/openapi.json")).json()
  const id = await server.start("echo hi", { tags: ["x"] })
  await server.outputOf(id)
  const said = document.paths["/v1/sessions/{id}"].get.responses["200"].content["application/json"].schema
  const info = await (await server.fetch(`/v1/sessions/${id}`)).json()
  expect(Object.keys(info).sort()).toEqual(Object.keys(said.properties).sort())
  expect(said.required.toSorted()).toEqual(Object.keys(info).sort())
})

test("the reference is one page without scripts that names every operation", async () => {
  await using server = new TestServer()
  const page = await (await server.fetch("/docs")).text()
  expect(page).not.toMatch(/<script|onclick|style=/i)
  for (const name of ["create", "wait", "attach", "stream", "login"]) expect(page).toContain(`id="${name}"`)
  expect((await server.fetch("/docs.css")).headers.get("content-type")).toStartWith("text/css")
})

test("Prometheus metrics count sessions and bytes", async () => {
  await using server = new TestServer()
  await server.start("cat")
  await server.outputOf(await server.start("printf 12345", { backend: "pipe" }))
  const answer = await server.fetch("/metrics")
  expect(answer.headers.get("content-type")).toStartWith("text/plain; version=0.0.4")
  const text = await answer.text()
  for (const line of [
    "ptyline_sessions_running 1",
    "ptyline_sessions_kept 2",
    "ptyline_viewers 0",
    "ptyline_output_bytes 5",
    "# TYPE ptyline_viewers gauge",
    "# TYPE ptyline_gaps_total counter",
  ])
    expect(text.split("\n")).toContain(line)
  for (const reason of ["trimmed", "disk", "damage", "slow_viewer"])
    expect(text).toMatch(new RegExp(`^ptyline_gaps_total\\{reason="${reason}"\\} \\d+$`, "m"))
  for (const line of text.split("\n").filter(Boolean))
    expect(line).toMatch(/^(# (HELP|TYPE) ptyline_\w+ .+|ptyline_\w+(\{.*\})? [\d.e+]+)$/)
})

test("a stopping server is alive and not ready, and starts nothing", async () => {
  await using server = new TestServer()
  const id = await server.start("trap '' TERM HUP; echo ready; while :; do sleep 0.05; done")
  await server.call("wait", { id, until: { match: ["ready"] } })
  const closing = server.sessions.close(300)
  expect((await server.fetch("/healthz")).status).toBe(200)
  expect((await server.fetch("/readyz")).status).toBe(503)
  const rejected = await server.fetch("/v1/sessions", { method: "POST", body: { argv: ["cat"] } })
  expect([rejected.status, (await rejected.json()).error.code]).toEqual([503, "unavailable"])
  await closing
  expect(server.sessions.list()).toEqual([])
})
