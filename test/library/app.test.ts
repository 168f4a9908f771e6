// The library in another app's process: mounted routes, the client in Bun and Node, a clean end.

import { afterAll, beforeAll, expect, test } from "bun:test"
import { ptylineClient } from "ptyline"
import { Client } from "../compat/mrmd/client.ts"
import { EditorClient } from "../compat/mrmd/editor.ts"
import { eventually, fixture, installed } from "../helpers.ts"
import { rawRequest } from "../http/raw.ts"
import { Child, Home } from "../program.ts"
import { runCommand } from "../spawn.ts"

/** Starts the app in test/fixtures, with or without a token. */
class App {
  readonly home = new Home({ PS1: "$ " })
  readonly child: Child

  constructor(token?: string) {
    const env = { ...this.home.env, ...(token && { APP_TOKEN: token }) }
    this.child = new Child(runCommand(fixture("library-app.ts")), this.home.path, env)
  }

  async url(): Promise<string> {
    await this.child.until(() => this.child.stdout.includes("\n"), "the app's address")
    return this.child.stdout.trim().replace(/\/$/, "")
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.process.kill("SIGTERM")
    await this.child.result()
    this.home[Symbol.dispose]()
  }
}

let app: App
let url: string
beforeAll(async () => {
  app = new App()
  url = await app.url()
})
afterAll(() => app[Symbol.asyncDispose]())

test("32: mrmd's surface under a path of another app, for its editor's client", async () => {
  const client = new EditorClient(`${url}/x`, "32")
  await client.connect()
  await client.write("echo under a path\n")
  await eventually(() => client.text.includes("under a path\r\n"), "the echo")
  const list = async (path: string) => await (await fetch(url + path)).json()
  expect(await list("/x/api/terminals")).toMatchObject({ terminals: [{ session_id: "32", name: "main" }] })
  expect(await list("/terminals")).toMatchObject([{ session_id: "32" }])
  await using second = await Client.open(`${url}/x`, { session_id: "32" })
  await second.sees("under a path\r\n")
  await client.kill()
  expect(await list("/x/api/terminals")).toEqual({ terminals: [] })
  const created = await fetch(`${url}/x/api/terminals`, { method: "POST", body: '{"name":"zed"}' })
  expect(await created.json()).toMatchObject({ name: "zed" })
  expect((await fetch(`${url}/x/api/terminals`, { method: "DELETE" })).status).toBe(405)
  expect((await fetch(`${url}/x/api/pty`)).status).toBe(400)
  expect(await (await fetch(url)).text()).toBe("an app of its own")
})

test("32: the guard checks paths relative to the mount path", async () => {
  const post = async (origin: string) => {
    const headers = { origin, "content-type": "application/json" }
    return (await fetch(`${url}/x/api/terminals`, { method: "POST", headers, body: "{}" })).status
  }
  expect(await post("http://evil.example")).toBe(403)
  expect(await post("null")).toBe(403)
  expect(await post("http://localhost:3000")).toBe(200)
  const port = Number(new URL(url).port)
  expect((await rawRequest(port, "GET /x/v1/sessions", ["Host: evil.example"])).status).toBe(421)
  // the app's own paths are the app's
  expect((await fetch(url, { headers: { host: "evil.example" } })).status).toBe(200)
})

test("the app decides who may do what", async () => {
  const as = (user: string | null, init: RequestInit = {}) =>
    fetch(`${url}/inside/v1/sessions`, {
      ...init,
      headers: { "content-type": "application/json", ...(user && { "x-user": user }) },
    })
  const start = { method: "POST", body: '{"argv":["cat"]}' }
  expect((await as(null)).status).toBe(401)
  expect((await as("bob")).status).toBe(200)
  expect((await as("bob", start)).status).toBe(403)
  expect((await as("alice", start)).status).toBe(201)
})

test("MOP's surface under a path, for users whom the app permits to start sessions", async () => {
  const mop = async (path: string, body: unknown, user?: string) => {
    const headers = { "content-type": "application/json", ...(user && { "x-user": user }) }
    return fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) })
  }
  const { key } = (await (await mop("/x/mop/init", {})).json()) as { key: string }
  expect((await mop("/x/mop/write", { key, stdin: "echo through mop" })).status).toBe(200)
  let printed = ""
  while (!printed.includes("through mop\r\n"))
    printed += JSON.stringify(await (await mop("/x/mop/read", { key })).json()).replaceAll("\\r\\n", "\r\n")
  // the routes under /inside serve the same core, with the app's own rule
  expect((await mop("/inside/mop/validate", { key }, "carol")).status).toBe(200)
  expect((await mop("/inside/mop/init", {}, "carol")).status).toBe(403)
  expect((await mop("/inside/mop/validate", { key }, "bob")).status).toBe(403)
  expect((await mop("/inside/mop/end", { key }, "carol")).status).toBe(200)
})

const seen = { text: "hello\r\ngot hello é\r\n", exit: 3, error: "not_found" }

test("the client in Bun and in Node follows a session to its exit", async () => {
  await using guarded = new App("a-token-of-at-least-32-characters")
  const base = `${await guarded.url()}/x`
  expect((await fetch(`${base}/v1/sessions`)).status).toBe(401)
  const args = [fixture("library-client.mjs"), base, "a-token-of-at-least-32-characters"] as const
  const own = "Bun" in globalThis ? "bun" : "deno"
  const commands = { [own]: runCommand(...args), ...(installed("node") && { node: ["node", ...args] }) }
  for (const [runtime, words] of Object.entries(commands)) {
    const { code, stdout, stderr } = await new Child(words, app.home.path, app.home.env).result()
    expect([code, stderr]).toEqual([0, ""])
    expect(JSON.parse(stdout)).toEqual({ ...seen, runtime })
  }
})

test("a follower resumes after a broken connection", async () => {
  let breaks = 0
  // breaks each connection after its second piece of output
  const flaky = async (address: string, init: RequestInit) => {
    const response = await fetch(address, init)
    if (!address.includes("/stream") || breaks >= 3) return response
    breaks++
    let pieces = 0
    const cut = new TransformStream({
      transform(piece, controller) {
        controller.enqueue(piece)
        if (++pieces === 3) controller.error(new Error("cut"))
      },
    })
    return new Response(response.body!.pipeThrough(cut), response)
  }
  const client = ptylineClient(`${url}/x`, { fetch: flaky })
  const { id } = await client.create({ command: "for i in $(seq 1 200); do echo line $i; sleep 0.005; done" })
  let [text, end] = ["", 0]
  for await (const event of client.follow(id)) {
    if (event.type === "output") {
      expect(event.from).toBe(end)
      end += event.bytes.length
      text += new TextDecoder().decode(event.bytes)
    }
  }
  expect(breaks).toBe(3)
  expect(text).toBe(Array.from({ length: 200 }, (_, i) => `line ${i + 1}\r\n`).join(""))
})

test("a follower learns why bytes are missing", async () => {
  const client = ptylineClient(`${url}/x`)
  const { id } = await client.create({
    command: "head -c 200000 /dev/zero | tr '\\0' x",
    log_limit: 65_536,
  })
  for await (const _ of client.follow(id));
  const [first] = await Array.fromAsync(client.follow(id, { from: 5 }))
  expect(first).toEqual({ type: "gap", from: 5, to: 200_000 - 65_536, reason: "trimmed" })
})

test("the app ends its sessions when it exits", async () => {
  await using other = new App()
  const client = ptylineClient(`${await other.url()}/x`)
  const { pid } = await client.create({ argv: ["sleep", "1000"] })
  // Deno's ChildProcess reports the signal that it sent, whatever the exit was
  process.kill(other.child.pid, "SIGTERM")
  expect(await other.child.result()).toMatchObject({ code: 0, signal: null })
  expect(() => process.kill(pid, 0)).toThrow()
})
