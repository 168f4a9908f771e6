// Input and output of a MOP session (contract mop, 5: statements 5 to 14, 38).

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test"
import { arrayOf, asciiJson, outputHash } from "../../../src/compat/mop/session/hash.ts"
import { fixture } from "../../helpers.ts"
import { base64Text, type MopServer, mopServer, waive } from "./client.ts"

setDefaultTimeout(60_000)

let server: MopServer
beforeAll(async () => {
  server = await mopServer()
})
afterAll(() => server[Symbol.asyncDispose]())

test("5: write types a line; read returns elements", async () => {
  const client = await server.start()
  const { status, body } = await client.write("echo hi")
  expect([status, body]).toEqual([200, { status: "Wrote data", code: 0 }])
  await client.until("hi\r\n")
  const read = await client.read()
  expect([read.status, read.body.code, read.body.stderr]).toEqual([200, 0, []])
  expect(read.body.stdout).toBeArray()
})

test("6: the hash identifies the output; old elements never change", async () => {
  const client = await server.start()
  const [first, second] = [(await client.read()).body, (await client.read()).body]
  expect(second).toEqual(first)
  const hash = (stdout: string[]) => outputHash(arrayOf(stdout.map(asciiJson)), "[]")
  expect(first.output_hash).toBe(hash(first.stdout))
  await client.write("printf 'more é \\177\\n'")
  await client.until(/more é/)
  const third = (await client.read()).body
  expect(third.output_hash).toBe(hash(third.stdout))
  expect(third.output_hash).not.toBe(first.output_hash)
  expect(third.stdout.length).toBeGreaterThan(first.stdout.length)
  expect(third.stdout.slice(0, first.stdout.length)).toEqual(first.stdout)
})

test("7: only colour sequences remain, also byte by byte", async () => {
  const sequence = "\\033[31mR\\033[0m\\033[2J\\033]0;t\\007E\\n"
  await using sh = await mopServer(["--no-auth", "-c", "sh"])
  const client = await sh.start()
  await client.write(`printf '${sequence}'`)
  const text = await client.until(/E\r\n/)
  expect(text).toContain("\x1b[31mR\x1b[0mE\r\n")
  expect(text).not.toMatch(/\[2J|0;t/)
  await using slow = await mopServer([
    "--no-auth",
    "-c",
    `perl ${fixture("dribble.pl")} '\x1b[31mR\x1b[0m\x1b[2J\x1b]0;t\x07E\n' 0.05`,
  ])
  const dribble = await slow.start({}, null)
  const all = await dribble.until(/EXITED/)
  expect(all).toContain("\x1b[31mR\x1b[0mE\r\n")
  expect(all).not.toMatch(/\[2J|0;t/)
})

test("8: with RAW_ANSI every element is Base64, also older ones", async () => {
  const client = await server.start()
  await client.write("printf '\\033[2Jé%.0s' 1 2 3 4 5 6 7 8; echo done")
  await client.until("done\r\n")
  const filtered = (await client.read()).body.stdout
  const { body } = await waive(client, "RAW_ANSI")
  expect(body).toEqual({ status: "Waiver(s) set/removed", code: 0 })
  const raw = (await client.read()).body.stdout as string[]
  for (const element of raw) {
    expect(element).toMatch(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/)
    expect(base64Text(element)).not.toContain("\ufffd")
  }
  expect(raw.map(base64Text).join("")).toContain("\x1b[2Jé\x1b[2Jé\x1b[2Jé")
  await client.post("/mop/waiver", { waivers: { RAW_ANSI: false } })
  expect((await client.read()).body.stdout).toEqual(filtered)
})

test("9: a waiver request is applied completely or not at all", async () => {
  const client = await server.start()
  const raw = async () => !/[$#] /.test(await client.text())
  const unknown = await client.post("/mop/waiver", { waivers: { NOPE: true, RAW_ANSI: true } })
  expect([unknown.status, unknown.body]).toEqual([404, { status: "Unknown waiver: NOPE", code: 1 }])
  expect(await raw()).toBe(false)
  await waive(client, "Raw_Ansi")
  expect(await raw()).toBe(true)
  await client.post("/mop/waiver", { waivers: { raw_ansi: false } })
  expect(await raw()).toBe(false)
  await waive(client, "RAW_ANSI")
  const removed = await client.post("/mop/waiver", { remove: ["RAW_ANSI"] })
  expect([removed.status, await raw()]).toEqual([200, false])
  expect(
    (await client.post("/mop/waiver", { waivers: { RAW_ANSI: true }, remove: ["raw_ansi"] })).status,
  ).toBe(200)
  expect(await raw()).toBe(false)
  expect((await client.post("/mop/waiver")).body).toEqual({ status: "No waivers set", code: 0 })
})

test("10: STREAM_STDIN adds no newline", async () => {
  const client = await server.start()
  await client.write("echo li", false)
  await client.until(/li\r\n/)
  await waive(client, "STREAM_STDIN")
  await client.write("ec")
  await client.write("ho x")
  await client.write("", true)
  await client.until(/x\r\n/)
})

/** A program that prints its input in hex. */
const HEX = `sh -c 'stty raw -echo; printf ready; exec od -An -tx1 -v -w1'`

test("11: B64_STDIN delivers bytes in either alphabet and rejects invalid Base64", async () => {
  await using hex = await mopServer(["--no-auth", "-c", HEX])
  const client = await hex.start({}, /ready/)
  await waive(client, "B64_STDIN", "STREAM_STDIN")
  for (const stdin of ["-_8=", "+/8=", "-_8"]) expect((await client.write(stdin)).status).toBe(200)
  await client.until(/ fb\r?\n ff\r?\n fb\r?\n ff\r?\n fb\r?\n ff/)
  const bad = await client.write("!!!!")
  expect([bad.status, bad.body]).toEqual([400, { status: "Invalid Base64 in stdin", code: 1 }])
  await client.write(Buffer.from("z").toString("base64"))
  expect(await client.until(/ 7a/)).toMatch(/ready(\s+fb\s+ff){3}\s+7a\s*$/)
})

test("12: pipes keep stdout and stderr apart, without an exit marker", async () => {
  await using sh = await mopServer(["--no-auth", "-c", "sh"])
  const client = await sh.start({ use_pipe: true }, null)
  await client.write("echo o; echo e >&2")
  await client.until(/o\n/)
  const both = async () => {
    const { status, body } = await client.read()
    return { status, out: body.stdout.join(""), err: body.stderr.join("") }
  }
  await client.write("printf '\\033[2J'; exit 5")
  await client.ended()
  expect(await both()).toEqual({ status: 200, out: "o\n\x1b[2J", err: "e\n" })
  expect(await both()).toEqual({ status: 200, out: "o\n\x1b[2J", err: "e\n" })
  await waive(client, "RAW_ANSI")
  const { body } = await client.read()
  expect(body.stderr.map(base64Text).join("")).toBe("e\n")
})

test("13: after a terminal's exit one full read, then Task reached EOF", async () => {
  const client = await server.start()
  await client.write("exit 7")
  await client.ended()
  const first = await client.read()
  expect([first.status, first.body.stdout.at(-1)]).toEqual([200, "[PROCESS EXITED with code 7]"])
  const next = await client.read()
  const { stdout, stderr, output_hash } = first.body
  expect([next.status, next.body]).toEqual([
    500,
    { status: "Task reached EOF", code: 1, stdout, stderr, output_hash },
  ])
  const late = await client.write("x")
  expect([late.status, late.body]).toEqual([410, { status: "Subprocess already terminated", code: 1 }])
  const ping = await client.ping()
  expect([ping.status, ping.body]).toEqual([410, { status: "Process is terminated", code: 1 }])
})

test("13: a fatal signal is a negative exit code", async () => {
  const client = await server.start()
  await client.write("kill -9 $$")
  await client.ended()
  expect((await client.read()).body.stdout.at(-1)).toBe("[PROCESS EXITED with code -9]")
})

describe("14: the end of the output is never lost", () => {
  const RUNS = 25
  test.each([true, false])("holders: %p", async holders => {
    const flags = ["--no-auth", "--no-pub-process", "-c", "sh -c 'seq 1 20000; exit 3'"]
    await using seq = await mopServer(flags, {}, holders)
    for (let run = 0; run < RUNS; run++) {
      const client = await seq.start({}, null)
      await client.ended()
      const { stdout } = (await client.read()).body
      expect([run, stdout.slice(-2).join("")]).toEqual([
        run,
        expect.stringMatching(/\b20000\r\n\[PROCESS EXITED with code 3\]$/),
      ])
      expect(stdout.join("")).toStartWith("1\r\n2\r\n3\r\n")
      await client.post("/mop/end")
    }
  })
})

test("38: 2 MiB is 413", async () => {
  const client = await server.start()
  const { status, body } = await client.write("x".repeat(2 << 20))
  expect([status, body.code]).toEqual([413, 1])
  const chunked = await server.request("/mop/init", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: new Blob(["x".repeat(2 << 20)]).stream(),
  })
  expect(chunked.status).toBe(413)
})

test("an unknown key is 404 with the text of each endpoint", async () => {
  const unknownKey = { key: "0".repeat(128), stdin: "x", signal: "KILL", tags: [], info: "x" }
  const texts: Record<string, string> = {
    alias: "Invalid Key",
    write: "Invalid Key",
    "power/stream/read": "Invalid Key",
    ping: "Session not found",
  }
  const rest = [
    "read",
    "validate",
    "waiver",
    "signal",
    "end",
    "set_attic",
    "attic/tell",
    "cosmetics/get_tags",
    "cosmetics/set_tags",
  ]
  for (const path of [...Object.keys(texts), ...rest]) {
    const { status, body } = await server.post(`/mop/${path}`, unknownKey)
    expect([path, status, body]).toEqual([path, 404, { status: texts[path] ?? "Invalid key", code: 1 }])
  }
})
