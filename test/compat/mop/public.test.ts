// The public session (contract mop, 5: statements 18, 19, 28).

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test"
import { BASH, Client, type MopServer, mopServer, Sock } from "./client.ts"

setDefaultTimeout(60_000)

let server: MopServer
let publicClient: Client
beforeAll(async () => {
  server = await mopServer()
  const { publicKey } = await server.start()
  publicClient = new Client(server, publicKey)
  await publicClient.until(/[$#] $/)
})
afterAll(() => server[Symbol.asyncDispose]())

test("18: endpoints that reject the public key", async () => {
  const rejections: Record<string, string> = {
    waiver: "Cannot set waiver for public key",
    signal: "Cannot send any signal to public key",
    end: "Cannot end public key session here",
    "cosmetics/set_tags": "Cannot set tags for public key",
    set_attic: "Cannot set attic flag for public key",
    "attic/tell": "Cannot tell process data for public key",
  }
  for (const [path, status] of Object.entries(rejections)) {
    const answer = await publicClient.post(`/mop/${path}`, { signal: "KILL", tags: [], info: "x" })
    expect([path, answer.status, answer.body]).toEqual([path, 403, { status, code: 1 }])
  }
  expect((await publicClient.post("/mop/cosmetics/get_tags")).body).toEqual({ tags: ["public"], code: 0 })
  expect((await publicClient.post("/mop/validate")).body).toEqual({ status: "Public key", code: 0 })
  expect((await publicClient.ping()).status).toBe(200)
})

test("19: writes are queued; each is one line", async () => {
  const { status, body } = await publicClient.write("echo p")
  expect([status, body]).toEqual([200, { status: "Put into queue", position: expect.any(Number), code: 0 }])
  expect(body.position).toBeGreaterThanOrEqual(1)
  await publicClient.until("p\r\n")
  await publicClient.write("echo q\n")
  await publicClient.write("echo r")
  const text = await publicClient.until("r\r\n")
  // a second newline would print an empty prompt between the two
  expect(text.match(/\nq\r\n/g)).toHaveLength(1)
  expect(text.slice(text.indexOf("q\r\n")).match(/[$#] /g)?.length).toBeLessThanOrEqual(2)
})

test("19: concurrent writes all arrive intact", async () => {
  const many = Array.from({ length: 20 }, (_, i) => publicClient.write(`echo n$((${i}+100))n`))
  expect((await Promise.all(many)).map(({ status }) => status)).toEqual(many.map(() => 200))
  const text = await publicClient.until(/(?:n1\d\dn[\s\S]*){20}/)
  for (let i = 0; i < 20; i++) expect(text.match(new RegExp(`n${100 + i}n\r\n`, "g"))).toHaveLength(1)
  expect((await server.process()).body.pending_writes).toBe(0)
})

test("the next init starts an exited public session again", async () => {
  await using fresh = await mopServer()
  const first = await fresh.start()
  const shared = new Client(fresh, first.publicKey)
  await shared.write("echo old; exit 3")
  await shared.ended()
  expect((await fresh.process()).body.sessions).toBe(2)
  await fresh.start()
  expect((await shared.ping()).status).toBe(200)
  expect(await shared.until(/[$#] $/)).not.toContain("old")
})

test("before the public session runs, its key is valid but opens nothing", async () => {
  await using later = await mopServer()
  const { publicKey } = await later.start()
  await later.restart()
  const early = new Client(later, publicKey)
  expect((await early.post("/mop/validate")).body).toEqual({ status: "Public key", code: 0 })
  for (const path of ["ping", "read", "power/stream/read", "cosmetics/get_tags", "write"])
    expect([path, (await early.post(`/mop/${path}`, { stdin: "x" })).status]).toEqual([path, 404])
})

test("28: without a public session there is no public key", async () => {
  await using fresh = await mopServer([...BASH, "--no-pub-process"])
  const client = await fresh.start()
  expect(client.publicKey).toBe("")
  const { body } = await fresh.process()
  expect([body.pub_key, body.sessions]).toEqual(["", 1])
  const sock = new Sock(fresh, "Public")
  expect(await sock.closed).toMatchObject({ code: 1011 })
  expect(sock.frames).toEqual([{ status: "Invalid Key", code: 1, http_status_code: 404 }])
})
