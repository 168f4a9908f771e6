// Revocation of a token with open connections to the surfaces without grants: MOP, mrmd, MCP.

import { afterAll, expect, test } from "bun:test"
import { CloseCode } from "../../src/wire/attach.ts"
import { eventually } from "../helpers.ts"
import { Home, type Served } from "../program.ts"

const home = new Home()
const server: Served = await home.serve(["--mrmd", "-c", "cat"])
const owner = { authorization: `Bearer ${server.token}` }
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  home[Symbol.dispose]()
})

const post = (path: string, body: object, more: Record<string, string> = {}): Promise<Response> => {
  const headers = { "content-type": "application/json", ...owner, ...more }
  return server.fetch(path, { method: "POST", body: JSON.stringify(body), headers })
}

/** Creates a token. Returns the header to send it in. */
async function given(name: string): Promise<{ authorization: string }> {
  const answer = (await (await post("/v1/tokens", { name, scope: "admin" })).json()) as { token: string }
  return { authorization: `Bearer ${answer.token}` }
}

const revoke = (name: string): Promise<Response> => server.fetch(`/v1/tokens/${name}`, { method: "DELETE" })

/** Opens a socket. Returns it with its later close code. */
async function socketAt(path: string, headers: Record<string, string>) {
  const socket = new WebSocket(server.origin.replace("http", "ws") + path, { headers } as never)
  const opened = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<number>()
  const heard: string[] = []
  socket.onopen = () => opened.resolve()
  socket.onmessage = ({ data }) => heard.push(String(data))
  socket.onclose = ({ code }) => {
    opened.reject(new Error(`${path} was closed with ${code}`))
    closed.resolve(code)
  }
  opened.promise.catch(() => {})
  await opened.promise
  return { socket, heard, closed: closed.promise }
}

/** A MOP key and a socket alias for it, made with the owner's token. */
async function mopSession(): Promise<{ key: string; alias: string }> {
  const { key } = (await (await post("/mop/init", {})).json()) as { key: string }
  const { alias } = (await (await post("/mop/alias", { key })).json()) as { alias: string }
  return { key, alias }
}

test("a revoked token's MOP socket is closed, the owner's stays", async () => {
  const headers = await given("mop-socket")
  const [theirs, ours] = [await mopSession(), await mopSession()]
  const cut = await socketAt(`/mop/power/sock/${theirs.alias}`, headers)
  const owned = await socketAt(`/mop/power/sock/${ours.alias}`, owner)
  await revoke("mop-socket")
  expect(await cut.closed).toBe(CloseCode.unauthorized)
  owned.socket.send(JSON.stringify({ stdin: "still here", newline: true }))
  await eventually(() => owned.heard.join("").includes("still here"), "the owner's echo")
  owned.socket.close()
})

test("a revoked token's MOP stream ends", async () => {
  const headers = await given("mop-stream")
  const { key } = await mopSession()
  const stream = await post("/mop/power/stream/read", { key }, headers)
  expect(stream.status).toBe(200)
  const whole = stream.text()
  await revoke("mop-stream")
  expect(await whole).toStartWith("data: ")
})

test("a revoked token's mrmd socket is closed", async () => {
  const { closed } = await socketAt("/api/pty?session_id=revoked", await given("mrmd"))
  await revoke("mrmd")
  expect(await closed).toBe(CloseCode.unauthorized)
})

test("a revoked token's MCP bridge is closed", async () => {
  const { socket, heard, closed } = await socketAt("/mcp/bridge", await given("bridge"))
  socket.send("{}")
  await eventually(() => heard.includes("ready"), "the bridge to be ready")
  await revoke("bridge")
  expect(await closed).toBe(CloseCode.unauthorized)
})

test("a revoked token's MCP stream over HTTP ends", async () => {
  const headers = { ...(await given("mcp")), accept: "application/json, text/event-stream" }
  const hello = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "t", version: "1" } }
  const opened = await post("/mcp", { jsonrpc: "2.0", id: 1, method: "initialize", params: hello }, headers)
  expect(opened.status).toBe(200)
  await opened.text()
  const session = opened.headers.get("mcp-session-id")!
  const listening = server.fetch("/mcp", { headers: { ...headers, "mcp-session-id": session } })
  const ended = listening.then(stream => stream.text())
  await revoke("mcp")
  await ended.catch(() => "cut before its first frame")
})

test("a bridge that violates the protocol is closed, and the server continues", async () => {
  for (const wrong of ['{"settings":null}', '{"env":{"A":5}}', '{"cwd":7}', new Uint8Array(8)]) {
    const { socket, closed } = await socketAt("/mcp/bridge", owner)
    socket.send(wrong)
    expect(await closed).toBe(1002)
  }
  const { socket } = await socketAt("/mcp/bridge", owner)
  socket.send("bye")
  socket.send(new Uint8Array(8))
  socket.close()
  expect((await server.fetch("/healthz")).status).toBe(200)
  expect(server.child.stderr).not.toContain("ERR_STREAM_WRITE_AFTER_END")
})
