// The public session (contract mop, 5: statements 18, 19, 28).

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test"
import { BASH, Client, type MopServer, mopServer, Sock } from "./client.ts"

setDefaultTimeout(60_000)

let server: MopServer
let everybody: Client
beforeAll(async () => {
  server = await mopServer()
  const { publicKey } = await server.start()
  everybody = new Client(server, publicKey)
  await everybody.until(/[$#] $/)
})
afterAll(() => server[Symbol.asyncDispose]())

test("18: what the public key may not", async () => {
  const refused: Record<string, string> = {
    waiver: "Cannot set waiver for public key",
    signal: "Cannot send any signal to public key",
    end: "Cannot end public key session here",
    "cosmetics/set_tags": "Cannot set tags for public key",
    set_attic: "Cannot set attic flag for public key",
    "attic/tell": "Cannot tell process data for public key",
  }
  for (const [path, status] of Object.entries(refused)) {
    const answer = await everybody.post(`/mop/${path}`, { signal: "KILL", tags: [], info: "x" })
    expect([path, answer.status, answer.body]).toEqual([path, 403, { status, code: 1 }])
  }
  expect((await everybody.post("/mop/cosmetics/get_tags")).body).toEqual({ tags: ["public"], code: 0 })
  expect((await everybody.post("/mop/validate")).body).toEqual({ status: "Public key", code: 0 })
  expect((await everybody.ping()).status).toBe(200)
})

test("19: writes are queued, and each is one line", async () => {
  const { status, body } = await everybody.write("echo p")
  expect([status, body]).toEqual([200, { status: "Put into queue", position: expect.any(Number), code: 0 }])
  expect(body.position).toBeGreaterThanOrEqual(1)
  await everybody.until("p\r\n")
  await everybody.write("echo q\n")
  await everybody.write("echo r")
  const text = await everybody.until("r\r\n")
  // a second line end would have made an empty prompt between the two
  expect(text.match(/\nq\r\n/g)).toHaveLength(1)
  expect(text.slice(text.indexOf("q\r\n")).match(/[$#] /g)?.length).toBeLessThanOrEqual(2)
})

test("19: writes of many clients at once all arrive, whole", async () => {
  const many = Array.from({ length: 20 }, (_, i) => everybody.write(`echo n$((${i}+100))n`))
  expect((await Promise.all(many)).map(({ status }) => status)).toEqual(many.map(() => 200))
  const text = await everybody.until(/(?:n1\d\dn[\s\S]*){20}/)
  for (let i = 0; i < 20; i++) expect(text.match(new RegExp(`n${100 + i}n\r\n`, "g"))).toHaveLength(1)
  expect((await server.process()).body.pending_writes).toBe(0)
})

test("the public session that exited is there anew with the next init", async () => {
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

test("before it runs, the public key is known and opens nothing", async () => {
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
