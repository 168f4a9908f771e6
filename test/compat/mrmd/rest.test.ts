// The calls and records of mrmd-pty, numbered by the contract's acceptance statements.

import { afterAll, beforeAll, expect, test } from "bun:test"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Home } from "../../program.ts"
import { Client, type Listed, Mrmd } from "./client.ts"

let server: Mrmd
beforeAll(async () => {
  server = await Mrmd.start()
})
afterAll(() => server[Symbol.asyncDispose]())

const KEYS = ["created_at", "cwd", "file_path", "last_activity", "name", "session_id", "shell", "venv"]
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/

const created = async (body: unknown): Promise<Listed> => {
  const answer = await server.post("/api/terminals", body)
  expect(answer.status).toBe(200)
  return (await answer.json()) as Listed
}

/** Returns the status and the JSON body. */
const statusAndBody = async (answer: Response | Promise<Response>): Promise<[number, unknown]> => {
  const { status } = await answer
  return [status, await (await answer).json()]
}

test("1, 2, 3: a created terminal is not listed; its first socket uses its record", async () => {
  expect(await statusAndBody(fetch(`${server.origin}/api/terminals`))).toEqual([200, { terminals: [] }])
  const record = await created({ name: "zed", cwd: "/usr" })
  expect(Object.keys(record).sort()).toEqual(KEYS)
  expect(record.session_id).toMatch(/^[0-9a-f]{8}$/)
  expect(record).toMatchObject({ name: "zed", cwd: "/usr", venv: null, shell: null, file_path: null })
  expect(await server.list()).toEqual([])
  await using client = await server.join(record.session_id)
  expect(await client.run("pwd")).toBe("/usr")
  expect(await server.list()).toMatchObject([{ session_id: record.session_id, name: "zed" }])
  await server.kill(record.session_id)
})

test("4: names are generated; an invalid body counts as an empty one", async () => {
  const records = [await created({}), await created({}), await created({})]
  expect(records.map(({ name }) => name)).toEqual(["main", "term-2", "term-3"])
  for (const body of ["{bad", "[]", undefined, "5"]) records.push(await created(body))
  await server.kill(records[1]!.session_id)
  records.push(await created({}))
  expect(records.at(-1)!.name).toBe("term-2")
  for (const { session_id } of records) await server.kill(session_id)
})

test("5: the query of the socket fills the record", async () => {
  await using _ = await server.join("a", { cwd: "/usr", name: "n", file_path: "/x.md" })
  const record = (await server.listed("a"))!
  expect(record).toMatchObject({ cwd: "/usr", name: "n", file_path: "/x.md", shell: null, venv: null })
  expect([record.created_at, record.last_activity]).toEqual([
    expect.stringMatching(TIME),
    expect.stringMatching(TIME),
  ])
  await server.kill("a")
})

test("6: any string is a valid id; without one it is default", async () => {
  const strange = "term:/a b/ü.md:3"
  await using _default = await Client.open(server.origin, {})
  await using _strange = await server.join(strange)
  expect((await server.list()).map(({ session_id }) => session_id)).toEqual(["default", strange])
  await server.kill("default")
  await server.kill(strange)
  const long = await fetch(`${server.origin}/api/pty?session_id=${"x".repeat(4097)}`, {
    headers: { upgrade: "websocket" },
  })
  expect(long.status).toBe(400)
})

test("19: rename", async () => {
  await using _ = await server.join("r")
  const rename = (body: unknown) => statusAndBody(server.post("/api/terminals/rename", body))
  expect(await rename({ session_id: "r", name: "new" })).toEqual([200, { success: true }])
  expect((await server.listed("r"))!.name).toBe("new")
  expect(await rename({ session_id: "unknown", name: "x" })).toEqual([404, { error: "Terminal not found" }])
  for (const body of [{ session_id: "r" }, { session_id: "r", name: "" }, { name: "x" }, {}])
    expect(await rename(body)).toEqual([400, { error: "session_id and name required" }])
  expect(await rename("{bad")).toEqual([400, { error: "invalid JSON" }])
  await server.kill("r")
})

test("21: a created terminal can be killed before its first socket, which then starts a new one", async () => {
  const { session_id } = await created({ name: "old", cwd: "/usr" })
  expect(await statusAndBody(server.kill(session_id))).toEqual([200, { status: "ok" }])
  await using client = await server.join(session_id)
  expect(await client.run("pwd")).toBe(server.home.path)
  expect((await server.listed(session_id))!.name).not.toBe("old")
  await server.kill(session_id)
})

test("22: kill-for-file ends all terminals of a file", async () => {
  await using _a = await server.join("f1", { file_path: "/f" })
  await using _b = await server.join("f2", { file_path: "/f" })
  await using _c = await server.join("g", { file_path: "/g" })
  const kill = (body: unknown) => statusAndBody(server.post("/api/terminals/kill-for-file", body))
  expect(await kill({ file_path: "/f" })).toEqual([200, { killed: ["f1", "f2"] }])
  expect(await kill({ file_path: "/f" })).toEqual([200, { killed: [] }])
  expect(await kill({})).toEqual([400, { error: "file_path required" }])
  expect(await kill("{bad")).toEqual([400, { error: "invalid JSON" }])
  expect((await server.list()).map(({ session_id }) => session_id)).toEqual(["g"])
  await server.kill("g")
})

test("23: a virtual environment by its python or its directory; a wrong path is ignored", async () => {
  const root = join(server.home.path, "env")
  mkdirSync(join(root, "bin"), { recursive: true })
  writeFileSync(join(root, "bin/python"), "#!/bin/sh\necho the environment\n", { mode: 0o755 })
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own
  const show = 'echo "$VIRTUAL_ENV|${PATH%%:*}|$PYTHONHOME"'
  await using other = await Mrmd.start([], { PYTHONHOME: "/elsewhere" })
  for (const [id, venv] of [
    ["v1", `${root}/bin/python`],
    ["v2", root],
  ] as const) {
    await using client = await other.join(id, { venv })
    expect(await client.run(show)).toBe(`${root}|${root}/bin|`)
    expect(await client.run("python")).toBe("the environment")
  }
  const path = process.env.PATH!.split(":")[0]
  for (const venv of ["/nonexistent/env/bin/python", "/nowhere"]) {
    await using client = await other.join(`wrong ${venv}`, { venv })
    expect(await client.run(show)).toBe(`|${path}|/elsewhere`)
  }
  // the server logs a warning
  await other.served.child.until(
    () => other.served.child.stderr.includes("no virtual environment: /nowhere"),
    "the warning",
  )
})

test("27: no upgrade, unknown paths, wrong methods; an oversized frame closes only its own socket", async () => {
  const status = async (path: string, method = "GET") =>
    (await fetch(server.origin + path, { method })).status
  expect(await status("/api/pty")).toBe(400)
  expect(await status("/nope")).toBe(404)
  expect(await status("/api/terminals", "DELETE")).toBe(405)
  expect(await status("/api/pty/kill")).toBe(405)
  expect(await status("/api/terminals", "HEAD")).toBe(200)
  expect((await server.post("/api/terminals", { name: "x".repeat(1 << 20) })).status).toBe(413)
  await using large = await server.join("big")
  await using other = await server.join("big")
  large.send("x".repeat(5 << 20))
  await large.until(() => large.closed !== null, "close")
  expect(large.closed).toBe(1009)
  expect(await other.run("echo still here")).toBe("still here")
  await server.kill("big")
})

test("28: pages of foreign origins start nothing; loopback origins are allowed", async () => {
  const key = { "sec-websocket-key": "cHR5bGluZSBiZW5jaCBrZQ==", "sec-websocket-version": "13" }
  const upgrade = async (headers: Record<string, string>) => {
    const answer = await fetch(`${server.origin}/api/pty?session_id=drive-by`, {
      headers: { connection: "upgrade", upgrade: "websocket", ...key, ...headers },
    })
    return answer.status
  }
  const post = async (headers: Record<string, string>) =>
    (await server.post("/api/terminals", "{}", headers)).status
  const json = { "content-type": "application/json" }
  for (const origin of ["http://evil.example", "null", "https://localhost.evil.example"]) {
    expect([origin, await upgrade({ origin }), await post({ origin, ...json })]).toEqual([origin, 403, 403])
  }
  expect(await post({ origin: "file://", ...json })).toBe(403)
  expect(await upgrade({ host: "evil.example" })).toBe(421)
  expect(await server.list()).toEqual([])
  for (const origin of ["file://", "http://localhost:3000", server.origin]) {
    await using client = await Client.open(server.origin, { session_id: origin }, { origin })
    expect(await client.run("echo hi")).toBe("hi")
    await server.kill(origin)
  }
  const loopback = { origin: "http://localhost:3000", "sec-fetch-site": "cross-site" }
  expect(await post({ ...loopback, ...json })).toBe(200)
  expect(await post({ ...loopback, "content-type": "text/plain" })).toBe(415)
  expect(await post({ "content-type": "text/plain" })).toBe(200)
})

test("28: with authentication, calls without the token are rejected", async () => {
  using home = new Home()
  await using served = await home.serve(["--mrmd"])
  expect((await fetch(`${served.origin}/api/terminals`)).status).toBe(401)
  expect((await fetch(`${served.origin}/api/terminals`, { method: "POST" })).status).toBe(401)
  expect((await fetch(`${served.origin}/api/pty`, { headers: { upgrade: "websocket" } })).status).toBe(401)
  const headers = { authorization: `Bearer ${served.token}` }
  await using client = await Client.open(served.origin, { session_id: "t" }, headers)
  expect(await client.run("echo in")).toBe("in")
})

test("29: only input and joining change last_activity", async () => {
  await using client = await server.join("act")
  await client.run("true")
  const activity = async () => (await server.listed("act"))!.last_activity
  const first = await activity()
  client.resize(90, 20)
  await server.post("/api/terminals/rename", { session_id: "act", name: "renamed" })
  expect(await activity()).toBe(first)
  client.type("sleep 0.2; printf 'out%s' put\n")
  await client.sees("sleep 0.2")
  const typed = await activity()
  expect(typed > first).toBe(true)
  await client.sees("output")
  expect(await activity()).toBe(typed)
  await using _ = await server.join("act")
  expect((await activity()) > typed).toBe(true)
  await server.kill("act")
})
