// The attic through MOP's endpoints: records that outlive sessions and servers, and the service inside a
// session (contract mop, 3.7 and 5: statements 31 to 33).

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test"
import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { ATTIC_LIMIT } from "../../../src/compat/mop/attic/files.ts"
import { fixture } from "../../helpers.ts"
import { type Client, type MopServer, mopServer } from "./client.ts"

setDefaultTimeout(60_000)

let server: MopServer
beforeAll(async () => {
  server = await mopServer()
})
afterAll(() => server[Symbol.asyncDispose]())

const files = ({ home }: MopServer) =>
  readdirSync(join(home.state, "attic")).map(name => join(home.state, "attic", name))

/** Starts a session and archives it with `pickle`. */
async function archived(on: MopServer, pickle?: unknown): Promise<Client> {
  const client = await on.start()
  await client.post("/mop/set_attic")
  const { status, body } = await client.post("/mop/end", { pickle })
  expect([status, body]).toEqual([200, { status: "Session ended", code: 0 }])
  return client
}

/** Starts a new session from the client's record. */
const restore = (client: Client) => client.server.post("/mop/init", { attic: client.key })

test("31: a record is an encrypted file; its key starts a new process, also after a restart", async () => {
  await using fresh = await mopServer()
  const client = await archived(fresh, { a: 1 })
  const [path] = files(fresh)
  expect([path!.endsWith(".attic"), statSync(path!).mode & 0o777]).toEqual([true, 0o600])
  const content = readFileSync(path!, "latin1")
  for (const secret of ['"a"', "bash", client.key]) expect(content).not.toContain(secret)
  expect(path).not.toContain(client.key)
  for (const restart of [false, true]) {
    if (restart) await fresh.restart()
    const { status, body } = await restore(client)
    expect([status, body.key, body.attic]).toEqual([
      200,
      client.key,
      { program: "bash --norc --noprofile", pickle: { a: 1 }, port: "Not Found" },
    ])
    expect((await client.ping()).status).toBe(200)
    expect((await client.post("/mop/cosmetics/get_tags")).body.tags).toEqual(["attic"])
    await client.write("echo new process")
    await client.until(/new process\r\n/)
  }
  expect(files(fresh)).toEqual([path!])
})

test("31: a record survives kill -9 of the server", async () => {
  await using fresh = await mopServer()
  const client = await archived(fresh, ["kept"])
  await fresh.restart("SIGKILL")
  const { status, body } = await restore(client)
  expect([status, body.attic.pickle]).toEqual([200, ["kept"]])
})

test("a flagged session survives a graceful stop, which archives it, and kill -9", async () => {
  await using fresh = await mopServer()
  const client = await fresh.start()
  await client.write("X=mine; echo set")
  await client.until(/set\r\n/)
  await client.post("/mop/set_attic")
  await fresh.restart()
  expect((await client.ping()).status).toBe(200)
  expect(files(fresh)).toHaveLength(1)
  await client.write("echo it is $X")
  await client.until(/it is mine\r\n/)
  expect((await restore(client)).body).toMatchObject({ code: 1, error: "session is still running" })
  await fresh.restart("SIGKILL")
  await client.write("echo still $X")
  await client.until(/still mine\r\n/)
  await client.post("/mop/end", { pickle: "last" })
  expect((await restore(client)).body.attic.pickle).toBe("last")
})

test("a graceful stop archives flagged sessions and keeps an earlier pickle", async () => {
  await using fresh = await mopServer(undefined, {}, false)
  const client = await archived(fresh, { page: 7 })
  await restore(client)
  await client.post("/mop/set_attic")
  const before = readFileSync(files(fresh)[0]!)
  await fresh.restart()
  expect((await client.ping()).status).toBe(404) // it had no holder
  expect(readFileSync(files(fresh)[0]!)).not.toEqual(before)
  expect((await restore(client)).body.attic.pickle).toEqual({ page: 7 })
})

test("concurrent restores of one key: one gets the session", async () => {
  const client = await archived(server)
  const answers = await Promise.all([1, 2, 3, 4].map(() => restore(client)))
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 500, 500, 500])
  for (const { status, body } of answers)
    if (status === 500) expect(body.error).toBe("session is still running")
  await client.post("/mop/end")
})

test("an unflagged session is not archived, and a restored one is unflagged", async () => {
  const client = await server.start()
  const before = files(server).length
  await client.post("/mop/end", { pickle: { a: 1 } })
  expect(files(server)).toHaveLength(before)
  expect((await restore(client)).body).toEqual({
    status: "Error retrieving attic",
    code: 1,
    error: "Not found",
  })
  const known = new Set(files(server))
  const other = await archived(server, { one: 1 })
  const path = files(server).find(file => !known.has(file))!
  await restore(other)
  const record = readFileSync(path)
  await other.post("/mop/end", { pickle: { two: 2 } })
  expect(readFileSync(path)).toEqual(record)
})

test("32: an unknown record starts nothing; records are unreadable without their pepper and readable with it", async () => {
  await using fresh = await mopServer()
  const notFound = { status: "Error retrieving attic", code: 1, error: "Not found" }
  const answer = await fresh.post("/mop/init", { attic: "abc" })
  expect([answer.status, answer.body]).toEqual([500, notFound])
  expect((await fresh.process()).status).toBe(428)
  const client = await archived(fresh, { a: 1 })
  const pepper = join(fresh.home.state, "pepper")
  const old = readFileSync(pepper)
  const [path] = files(fresh)
  const record = readFileSync(path!)
  await fresh.served.stop()
  rmSync(pepper)
  await fresh.restart()
  expect(fresh.served.child.stderr.match(/cannot be opened with this pepper/g)).toHaveLength(1)
  expect(fresh.served.child.stderr).toContain(path!.split("/").at(-1)!)
  expect((await restore(client)).body).toEqual(notFound)
  expect((await fresh.process()).status).toBe(428)
  expect(readFileSync(path!)).toEqual(record)
  await fresh.served.stop()
  writeFileSync(pepper, old)
  await fresh.restart()
  expect(fresh.served.child.stderr).not.toContain("cannot be opened")
  expect((await restore(client)).body.attic.pickle).toEqual({ a: 1 })
})

test("32: a damaged record is an error and starts nothing", async () => {
  await using fresh = await mopServer()
  const client = await archived(fresh, { a: 1 })
  const [path] = files(fresh)
  const record = readFileSync(path!)
  record[40]! ^= 1
  writeFileSync(path!, record)
  expect((await restore(client)).body).toEqual({
    status: "Error retrieving attic",
    code: 1,
    error: "Corrupted data",
  })
  expect((await fresh.process()).status).toBe(428)
})

test("a full attic is reported at the end of the session, which still ends", async () => {
  await using fresh = await mopServer()
  const client = await archived(fresh, "first")
  await fresh.served.stop()
  const big = join(fresh.home.state, "attic", `${"f".repeat(64)}.attic`)
  writeFileSync(big, "")
  truncateSync(big, ATTIC_LIMIT - 2000) // a sparse file, which uses no disk space
  await fresh.restart()
  const other = await fresh.start()
  await other.post("/mop/set_attic")
  const noise = Buffer.from(crypto.getRandomValues(new Uint8Array(4000))).toString("base64")
  expect((await other.post("/mop/end", { pickle: noise })).body).toEqual({
    status: "Session ended and failed to store to attic due to Attic is full",
    code: 0,
  })
  expect((await other.ping()).status).toBe(404)
  expect((await restore(client)).body.attic.pickle).toBe("first")
})

/** Starts a session whose process offers a service. */
async function serving(how: string): Promise<Client> {
  const client = await server.start()
  await client.write(`'${process.execPath}' '${fixture("mop-service.ts")}' ${how}`)
  await client.until(/service on \d+\./)
  return client
}

const tell = (client: Client, info = "hello") => client.post("/mop/attic/tell", { info })

test("33: tell calls the service of the session's own processes and returns its body", async () => {
  const json = await serving("json")
  expect((await tell(json)).body).toEqual({
    status: "Sucessfully got attic output",
    attic_response: { heard: "hello" },
    code: 0,
  })
  const text = await serving("text")
  expect((await tell(text)).body.attic_response).toBe('heard {"data":"hello"}')
  // the record has the port
  const port = Number(/service on (\d+)\./.exec(await json.text())![1])
  await json.post("/mop/set_attic")
  await json.post("/mop/end")
  expect((await restore(json)).body.attic.port).toBe(port)
})

test("33: tell is 500 without an own service, does not call another session's, and times out after 5 s", async () => {
  await serving("json")
  const failed = (why: string) => ({ status: `Failed to tell process data due to ${why}`, code: 1 })
  for (const client of [await server.start(), await serving("stranger")]) {
    const { status, body, ms } = await tell(client)
    expect([status, body]).toEqual([500, failed("Unable to get port")])
    expect(ms).toBeLessThan(6000)
  }
  const { status, body, ms } = await tell(await serving("never"))
  expect([status, body]).toEqual([500, failed("no answer within 5 s")])
  expect(ms).toBeGreaterThan(4500)
  expect(ms).toBeLessThan(15_000) // 6 s on a quiet machine
})
