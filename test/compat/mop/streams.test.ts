// MOP's streams: server-sent events and the socket (contract mop, 5: statements 20 to 26).

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test"
import { createHash } from "node:crypto"
import { type MopServer, mopServer, Sock, Stream, untilTrue, waive } from "./client.ts"

setDefaultTimeout(90_000)

let server: MopServer
beforeAll(async () => {
  server = await mopServer()
})
afterAll(() => server[Symbol.asyncDispose]())

/** Returns the HTTP status of a handshake. */
async function handshake(alias: string): Promise<number> {
  const headers = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "cHR5bGluZSB0ZXN0IGtleQ==",
  }
  const { status } = await fetch(`${server.origin}/mop/power/sock/${alias}`, { headers })
  return status
}

test("20: an alias opens one socket; Public opens many", async () => {
  const client = await server.start()
  const alias = await client.alias()
  expect(alias).toMatch(/^[0-9a-f]{64}$/)
  using sock = await client.socket(alias)
  await sock.until(() => sock.frames.length > 0, "a frame")
  expect(await handshake(alias)).toBe(403)
  expect(await handshake("f".repeat(64))).toBe(403)
  const { body } = await server.post("/mop/alias", { key: client.publicKey })
  expect(body).toEqual({ status: "Created Alias", alias: "Public", comment: expect.any(String), code: 0 })
  using first = await client.socket("Public")
  using second = await client.socket("Public")
  first.send({ stdin: "echo shared" })
  for (const sock of [first, second]) await sock.until(() => sock.text.includes("shared\r\n"), "the output")
})

test("of 65 unused aliases the oldest is revoked", async () => {
  const client = await server.start()
  const aliases: string[] = []
  for (let i = 0; i < 65; i++) aliases.push(await client.alias())
  expect(await handshake(aliases[0]!)).toBe(403)
  using sock = await client.socket(aliases[1]!)
  await sock.until(() => sock.frames.length > 0, "a frame")
})

test("21: a socket replays the retained output, then sends new output, each byte once", async () => {
  const client = await server.start()
  await client.write("echo earlier")
  await client.until("earlier\r\n")
  const retained = await client.text()
  using sock = await client.socket()
  await sock.until(() => sock.frames.length > 0, "the replay")
  expect(sock.frames[0]).toEqual({ stdout: expect.stringContaining(retained.slice(0, 40)), stderr: "" })
  sock.send({ stdin: "echo w$((1+1))" })
  await sock.until(() => /w2\r\n[\s\S]*[$#] $/.test(sock.text), "the answer")
  for (const frame of sock.frames)
    expect([typeof frame.stdout, typeof frame.stderr]).toEqual(["string", "string"])
  expect(sock.text).toBe(await client.text())
})

describe("22: frames from the client", () => {
  test.each(["x", "5", '{"a":1}', "null", '{"stdin":5}', "[]"])("%s closes with 1008", async frame => {
    const client = await server.start({}, null)
    using sock = await client.socket()
    sock.send(frame)
    expect((await sock.closed).code).toBe(1008)
  })

  test("binary JSON works; 200 frames at once are executed in order", async () => {
    const client = await server.start()
    using sock = await client.socket()
    sock.send(new Uint8Array(Buffer.from('{"stdin":"echo bin","extra":1}')))
    await sock.until(() => sock.text.includes("bin\r\n"), "the answer")
    await client.write("stty -echo; PS1=")
    for (let i = 0; i < 200; i++) sock.send({ stdin: `echo :${i};`, newline: false })
    await sock.until(() => sock.text.includes(":199;") || sock.text.includes(":199\r\n"), "the last")
    const numbers = [...sock.text.matchAll(/^:(\d+)\r$/gm)].map(match => Number(match[1]))
    expect(numbers).toEqual(Array.from({ length: 200 }, (_, i) => i))
  })

  test("a failed write is reported and the socket stays open", async () => {
    const client = await server.start()
    await waive(client, "B64_STDIN")
    using sock = await client.socket()
    sock.send({ stdin: "!!!!" })
    await sock.until(() => sock.frames.some(({ status }) => status !== undefined), "the error")
    expect(sock.frames.at(-1)).toEqual({ status: "Invalid Base64 in stdin", code: 1, http_status_code: 400 })
    sock.send({ stdin: Buffer.from("exit 7").toString("base64") })
    await sock.until(() => sock.text.includes("[PROCESS EXITED with code 7]"), "the marker")
    sock.send({ stdin: "" })
    await sock.until(() => sock.frames.at(-1)!.http_status_code === 410, "the error")
    expect(sock.frames.at(-1)!.status).toBe("Subprocess already terminated")
  })
})

test("23: end closes the socket with 1000 and ends the stream", async () => {
  const client = await server.start()
  using sock = await client.socket()
  using stream = await Stream.open(client)
  await stream.until(() => stream.frames.length > 0, "the replay")
  await client.post("/mop/end")
  expect(await sock.closed).toEqual({ code: 1000, reason: "Session ended" })
  await stream.until(() => stream.ended, "the end")
})

describe("24: server-sent events", () => {
  test("replay, then new output, in data frames only", async () => {
    const client = await server.start()
    using stream = await Stream.open(client)
    expect([stream.response.status, stream.response.headers.get("content-type")]).toEqual([
      200,
      "text/event-stream",
    ])
    await stream.until(() => /[$#] $/.test(stream.stdout), "the replay")
    await client.write("printf '\\033[32mn%s\\033[0m\\033[K\\n' ew")
    await stream.until(() => stream.stdout.includes("\x1b[32mnew\x1b[0m\r\n"), "the output")
    for (const frame of stream.frames) {
      expect(frame).toMatch(/^data: \{"stdout":".*","stderr":".*"\}$/)
      expect(Object.keys(JSON.parse(frame.slice(6)))).toEqual(["stdout", "stderr"])
    }
  })

  test("an unknown key is 404 with one JSON body", async () => {
    const { status, body, headers } = await server.post("/mop/power/stream/read", { key: "x" })
    expect([status, body, headers.get("content-type")]).toEqual([
      404,
      { status: "Invalid Key", code: 1 },
      "application/json",
    ])
  })

  test("pipes have both streams", async () => {
    await using sh = await mopServer(["--no-auth", "-c", "sh"])
    const client = await sh.start({ use_pipe: true }, null)
    await client.write("echo out; echo err >&2")
    using stream = await Stream.open(client)
    const all = () => stream.frames.filter(f => f.startsWith("data")).map(f => JSON.parse(f.slice(6)))
    const joined = (name: "stdout" | "stderr") =>
      all()
        .map(frame => frame[name])
        .join("")
    await stream.until(() => joined("stdout") === "out\n" && joined("stderr") === "err\n", "both streams")
  })
})

const MD5 = (bytes: Uint8Array | string) => createHash("md5").update(bytes).digest("hex")

test("25: socket and stream deliver 5 MB unchanged", async () => {
  // more than is retained, and not text; the program waits until both have connected
  const program = `perl -e '$| = 1; <STDIN>; srand 7; print join "", map { chr int rand 256 } 1 .. 65536 for 1 .. 80; print "THE END"'`
  await using flood = await mopServer([
    "--no-auth",
    "-c",
    `sh -c "stty raw -echo; exec ${program.replaceAll("$", "\\$").replaceAll('"', '\\"')}"`,
  ])
  const client = await flood.start({}, null)
  await waive(client, "RAW_ANSI")
  using sock = await client.socket()
  using stream = await Stream.open(client)
  await client.write("go")
  const bytesOf = (pieces: string[]) => Buffer.concat(pieces.map(piece => Buffer.from(piece, "base64")))
  const socketBytes = () => bytesOf(sock.frames.map(({ stdout = "" }) => stdout))
  const ended = (bytes: Buffer) => bytes.subarray(-40).toString("latin1").includes("THE END")
  await untilTrue(
    async () => ended(socketBytes()),
    () => "the socket's end",
  )
  const data = () => stream.frames.filter(frame => frame.startsWith("data"))
  const streamBytes = () => bytesOf(data().map(frame => JSON.parse(frame.slice(6)).stdout))
  await untilTrue(
    async () => ended(streamBytes()),
    () => "the stream's end",
  )
  const printed = Bun.spawnSync(["sh", "-c", `echo | ${program}`]).stdout
  const of = (bytes: Buffer) => ({ length: printed.length, md5: MD5(bytes.subarray(0, printed.length)) })
  const expected = { length: 80 * 65536 + 7, md5: MD5(printed) }
  expect(of(socketBytes())).toEqual(expected)
  expect(of(streamBytes())).toEqual(expected)
})

test("26: streams continue past 9,000 elements; read stays bounded", async () => {
  const bursts = `perl -e '$| = 1; for (1 .. 20000) { syswrite STDOUT, "line $_\\n"; select undef, undef, undef, 0.0001 } sleep 1000'`
  await using many = await mopServer(["--no-auth", "-c", bursts])
  const client = await many.start({}, null)
  using sock = await client.socket()
  // every read seals the elements, so that they stay small
  const reading = untilTrue(
    async () => {
      const { stdout } = (await client.read()).body
      expect(stdout.length).toBeLessThanOrEqual(9000)
      return stdout.join("").includes("line 20000\r\n")
    },
    () => "the last line",
  )
  await sock.until(() => sock.text.includes("line 20000\r\n"), "the last line")
  await reading
  expect(sock.text).toBe(Array.from({ length: 20000 }, (_, i) => `line ${i + 1}\r\n`).join(""))
  expect(Buffer.byteLength(await client.text())).toBeLessThanOrEqual(1 << 20)
})

test("a slow reader skips trimmed output and continues with retained output", async () => {
  await using yes = await mopServer([
    "--no-auth",
    "-c",
    "sh -c 'echo ready; read x; yes | head -c 20000000; echo THE END; sleep 1000'",
  ])
  const client = await yes.start({}, /ready/)
  await client.write("")
  await client.until("THE END")
  using sock = await client.socket()
  await sock.until(() => sock.text.includes("THE END"), "the end")
  expect(sock.text.length).toBeLessThanOrEqual(1 << 20)
  expect((await client.text()).length).toBeLessThanOrEqual(1 << 20)
})

test("the public session ends when its last stream disconnects", async () => {
  await using fresh = await mopServer()
  const client = await fresh.start()
  const abort = new AbortController()
  const response = await fetch(`${fresh.origin}/mop/power/stream/read`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ key: client.publicKey }),
    signal: abort.signal,
  })
  await response.body!.getReader().read()
  await client.post("/mop/end")
  expect((await fresh.process()).body.sessions).toBe(1)
  abort.abort()
  await untilTrue(
    async () => (await fresh.process()).status === 428,
    () => "the public session to end",
  )
  const sock = new Sock(fresh, "Public")
  expect((await sock.closed).code).toBe(1011)
})
