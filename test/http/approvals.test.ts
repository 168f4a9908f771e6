// Approvals over HTTP: no surface starts a dangerous command before a person approves it.

import { afterAll, beforeAll, expect, test } from "bun:test"
import { Approvals } from "../../src/core/access/approvals.ts"
import { httpCall } from "../../src/http/api/client.ts"
import { dangerRules } from "../../src/ops/access/danger.ts"
import { failing } from "../ops/surfaces.ts"
import { sseOf } from "./events.ts"
import { TestServer } from "./server.ts"

let server: TestServer

beforeAll(() => {
  server = new TestServer()
  const { sessions } = server
  sessions.requireApprovals(new Approvals(dangerRules(["danger-[0-9]+"]), sessions.confirmations))
})
afterAll(() => server.stop())

const DANGEROUS = { command: "echo danger-1" }

/** Requests a start that is denied. Returns the approval's id. */
async function requested(more: Record<string, unknown> = {}): Promise<string> {
  const error = await failing(server.call("create", { ...DANGEROUS, ...more }), "denied")
  return error.details.approval as string
}

const approve = (approval: string) => server.local("approve", { approval })

test("neither create nor run starts a dangerous command, as a string or as argv", async () => {
  const before = server.sessions.list().length
  await requested()
  await failing(server.call("create", { argv: ["sh", "-c", " echo  danger-2"] }), "denied")
  await failing(server.call("create", { argv: ["echo", "danger-3"], durable: true }), "denied")
  await failing(server.call("run", { command: "echo danger-4" }), "denied")
  await failing(server.call("create", { ...DANGEROUS, approval: `ap_${"0".repeat(32)}` }), "not_found")
  expect(server.sessions.list().length).toBe(before)
  const { required, approvals } = await server.call("approvals", {})
  expect([required, approvals.length]).toEqual([true, 4])
  for (const { id } of approvals) await server.local("approve", { approval: id, deny: true })
})

test("an approval allows one start", async () => {
  const approval = await requested({ reason: "cleaning up" })
  expect(await server.call("approval", { approval })).toMatchObject({
    state: "open",
    reason: "cleaning up",
    by: "owner",
    command: "echo danger-1",
  })
  const waiting = server.call("approval", { approval, wait_ms: 30_000 })
  await approve(approval)
  expect((await waiting).state).toBe("approved")
  const { id } = await server.call("create", { ...DANGEROUS, approval, reason: "cleaning up" })
  expect(await server.outputOf(id)).toBe("danger-1\r\n")
  await failing(server.call("create", { ...DANGEROUS, approval }), "denied")
})

test("an approval does not cover another command, directory, environment or owner", async () => {
  const approval = await requested({ owner: "o" })
  await approve(approval)
  const others = [
    { command: "echo danger-2" },
    { cwd: "/" },
    { env: { PATH: "/evil" } },
    { owner: "p" },
    { owner: undefined },
  ]
  for (const other of others)
    await failing(server.call("create", { ...DANGEROUS, owner: "o", approval, ...other }), "denied")
  await server.call("create", { ...DANGEROUS, owner: "o", approval })
})

test("a failed start does not use the approval up", async () => {
  const argv = ["/no/such/program", "danger-1"]
  const { details } = await failing(server.call("create", { argv }), "denied")
  const approval = details.approval as string
  await approve(approval)
  await failing(server.call("create", { argv, approval, durable: false }), "spawn_failed")
  expect((await server.call("approval", { approval })).state).toBe("approved")
})

test("programs cannot approve: neither with the server's token nor with a named one", async () => {
  const approval = await requested()
  await failing(server.call("approve", { approval }), "denied")
  const { token } = await server.call("token", { name: "agent", scope: "admin" })
  const agent = httpCall(server.origin, { token })
  await failing(agent("approve", { approval }), "denied")
  const headers = { "content-type": "application/json" }
  const body = JSON.stringify({ token })
  const signedIn = await fetch(`${server.origin}/v1/login`, { method: "POST", headers, body })
  const cookie = signedIn.headers.get("set-cookie")!.split(";")[0]!
  const forged = await fetch(`${server.origin}/v1/approvals/${approval}`, {
    method: "POST",
    headers: { ...headers, cookie },
    body: "{}",
  })
  expect(forged.status).toBe(403)
  expect((await server.call("approval", { approval })).state).toBe("open")
})

test("a person signed in on the page can approve; a page of another origin cannot in their name", async () => {
  const approval = await requested()
  const headers = { "content-type": "application/json" }
  const body = JSON.stringify({ token: server.token })
  const signedIn = await fetch(`${server.origin}/v1/login`, { method: "POST", headers, body })
  const cookie = signedIn.headers.get("set-cookie")!.split(";")[0]!
  const post = (more: Record<string, string>) =>
    fetch(`${server.origin}/v1/approvals/${approval}`, {
      method: "POST",
      headers: { ...headers, cookie, ...more },
      body: "{}",
    })
  expect((await post({ origin: "https://evil.example" })).status).toBe(403)
  expect((await post({ "sec-fetch-site": "cross-site" })).status).toBe(403)
  expect((await post({ "content-type": "text/plain" })).status).toBe(415)
  expect((await post({ origin: server.origin })).status).toBe(200)
  expect((await post({ origin: server.origin })).status).toBe(409)
})

test("after approval the requester repeats the request; another caller's same request is denied", async () => {
  const { token } = await server.call("token", { name: "other", scope: "admin" })
  const other = httpCall(server.origin, { token })
  const start = { command: "echo danger-77" }
  const { details } = await failing(server.call("create", start), "denied")
  await approve(details.approval as string)
  await failing(other("create", start), "denied")
  await server.call("create", start)
})

test("events report every step", async () => {
  const events = sseOf(await server.fetch("/v1/events"))
  const start = { command: "echo danger-99" }
  const approval = await requested(start)
  await approve(approval)
  await server.call("create", { ...start, approval })
  const states: string[] = []
  for await (const { event, data } of events) {
    const step = (data as { approval?: { id: string; state: string } } | null)?.approval
    if (event === "approval.changed" && step?.id === approval) states.push(step.state)
    if (states.length === 3) break
  }
  expect(states).toEqual(["open", "approved", "used"])
})
