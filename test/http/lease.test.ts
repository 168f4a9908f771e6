// The lease on the attach socket and in the server's events.

import { expect, test } from "bun:test"
import { CloseCode } from "../../src/wire/attach.ts"
import { AttachClient } from "./attach-client.ts"
import { sseOf } from "./events.ts"
import { failureOf, TestServer } from "./server.ts"

const HELD = 423

test("a lease taken by a frame blocks input over HTTP, and all viewers see its owner", async () => {
  await using server = new TestServer()
  const id = await server.start("cat")
  await using ann = AttachClient.to(server, id, { query: "client=ann" })
  await using viewer = AttachClient.to(server, id, { query: "mode=view" })
  await viewer.frame("hello")
  await ann.frame("hello")
  ann.send({ type: "take" })
  for (const client of [ann, viewer])
    expect(await client.frame("lease")).toMatchObject({
      event: "attach",
      from: null,
      lease: { client: "ann", reason: null },
    })
  const rejected = server.fetch(`/v1/sessions/${id}/input`, { method: "POST", body: { text: "no" } })
  expect(await failureOf(rejected)).toMatchObject({
    status: HELD,
    code: "held",
    message: "session is held by ann",
  })
  ann.type("mine\n")
  await viewer.printed("mine\r\nmine")
  ann.send({ type: "release" })
  await viewer.until(() => viewer.all("lease").length === 2, "the release")
  expect(viewer.all("lease")[1]).toMatchObject({ lease: null, event: "detach", from: "ann" })
})

test("a lease taken over HTTP blocks a socket's input, size and signals until the socket takes it", async () => {
  await using server = new TestServer()
  const id = await server.start("cat")
  await server.call("lease", { id, action: "take", client: "agent" })
  await using person = AttachClient.to(server, id, { query: "client=person" })
  expect((await person.frame("hello")).lease).toMatchObject({ client: "agent" })
  person.type("no\n")
  person.send({ type: "resize", cols: 33, rows: 11 })
  person.send({ type: "signal", signal: "KILL" })
  await person.until(() => person.all("error").length === 3, "three errors")
  for (const { code, message } of person.all("error"))
    expect([code, message]).toEqual(["held", "session is held by agent"])
  person.send({ type: "take" })
  expect(await person.frame("lease")).toMatchObject({ event: "takeover", from: "agent" })
  const rejected = server.call("write", { id, text: "no\n", client: "agent" })
  await expect(rejected).rejects.toMatchObject({ code: "held", details: { held_by: "person" } })
  person.type("yes\n")
  await person.printed("yes\r\nyes")
  expect(person.text).not.toContain("no")
  expect(server.sessions.get(id).size).toEqual({ cols: 120, rows: 30 })
})

test("a viewer can neither take nor release the lease", async () => {
  await using server = new TestServer()
  const id = await server.start("cat")
  await server.call("lease", { id, action: "take", client: "viewer" })
  await using client = AttachClient.to(server, id, { query: "mode=view&client=viewer" })
  await client.frame("hello")
  client.send({ type: "take" })
  client.send({ type: "release" })
  await client.until(() => client.all("error").length === 2, "two errors")
  expect(client.all("error").map(({ code }) => code)).toEqual(["denied", "denied"])
  expect(server.sessions.get(id).lease.owner?.client).toBe("viewer")
  await using taking = AttachClient.to(server, id, { query: "mode=view&take=true" })
  expect((await taking.end()).code).toBe(CloseCode.policy)
})

test("a socket with take=true closes with 4409 when another client takes the lease; other viewers continue", async () => {
  await using server = new TestServer()
  const id = await server.start("cat")
  await using ann = AttachClient.to(server, id, { query: "client=ann&take=true" })
  expect((await ann.frame("hello")).lease).toMatchObject({ client: "ann" })
  await using bob = AttachClient.to(server, id, { query: "client=bob" })
  await bob.frame("hello")
  bob.send({ type: "take" })
  expect(await ann.end()).toEqual({ code: CloseCode.takenOver, reason: "taken over by bob" })
  await server.call("lease", { id, action: "take", client: "carol" })
  await bob.until(() => bob.all("lease").length === 2, "the second takeover")
  await server.call("write", { id, text: "still\n", client: "carol" })
  await bob.printed("still")
})

test("a viewer that may type answers terminal queries; without one, the server does", async () => {
  await using server = new TestServer()
  const id = await server.start(
    "stty raw -echo; printf ready; head -c 1 >/dev/null; printf '\\033[c'; cat -v",
  )
  await using viewer = AttachClient.to(server, id, { query: "client=viewer" })
  await viewer.printed("ready")
  expect((await viewer.frame("viewers")).answers).toBe(true)
  await server.call("lease", { id, action: "take", client: "agent" })
  await viewer.until(() => viewer.all("viewers").at(-1)?.answers === false, "to stop answering")
  await server.call("write", { id, text: "x", client: "agent" })
  await viewer.printed("^[[?62;22c")
})

test("events report every change and its client", async () => {
  await using server = new TestServer()
  const id = await server.start("cat")
  const events = sseOf(await server.fetch("/v1/events"))
  await server.call("lease", { id, action: "take", client: "ann" })
  await server.call("lease", { id, action: "handoff", client: "ann", to: "bob", reason: "lunch" })
  const seen: unknown[] = []
  for await (const { event, data } of events) {
    if (event === "lease.changed") seen.push(data)
    if (seen.length === 2) break
  }
  expect(seen).toMatchObject([
    { session: { id }, change: { event: "attach", client: "ann", from: null, reason: null } },
    { session: { id }, change: { event: "handoff", client: "bob", from: "ann", reason: "lunch" } },
  ])
})
