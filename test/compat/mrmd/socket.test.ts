// The mrmd-pty socket: shells, input, sizes and replay, numbered by the contract's acceptance statements.

import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { eventually } from "../../helpers.ts"
import { alive, type Client, Mrmd } from "./client.ts"

let server: Mrmd
beforeAll(async () => {
  server = await Mrmd.start()
})
afterAll(() => server[Symbol.asyncDispose]())

/** How long a socket must stay open and silent, by the contract. */
const SILENT_MS = 5000

/** Expects that the socket stays open and silent. */
async function staysSilent(client: Client): Promise<void> {
  const frames = client.frames.length
  await Bun.sleep(SILENT_MS)
  expect([client.open, client.frames.slice(frames)]).toEqual([true, []])
}

test("7: the prompt is the first frame; no frame is JSON", async () => {
  await using client = await server.join("7")
  await client.sees("$ ")
  expect(client.frames[0]).toStartWith("$")
  await client.run("ls /")
  for (const frame of client.frames) expect(typeof frame).toBe("string")
  for (const frame of client.frames) expect(() => JSON.parse(frame as string)).toThrow()
})

test("8: input reaches the shell; the terminal is an xterm of 80 by 24", async () => {
  await using client = await server.join("8")
  client.type("echo hi\n")
  await client.sees("hi\r\n")
  expect(await client.run("echo $TERM")).toBe("xterm-256color")
  expect(await client.run("stty size")).toBe("24 80")
})

test("9: resize, and frames with invalid sizes", async () => {
  await using client = await server.join("9")
  client.resize(100, 30)
  expect(await client.run("stty size")).toBe("30 100")
  for (const cols of ["x", 0, 70000, 1.5, -1, null]) client.resize(cols, cols === null ? 0 : 30)
  expect(await client.run("stty size")).toBe("30 100")
  client.resize(65535, 1)
  expect(await client.run("stty size")).toBe("1 65535")
  client.send({ type: "resize" })
  expect(await client.run("stty size")).toBe("24 80")
})

test("10: anything except a JSON object is raw input; unknown objects are ignored", async () => {
  await using client = await server.join("10")
  client.send("echo raw\n")
  await client.sees("raw\r\n")
  for (const frame of ["5", "null", "[1]", '"x"']) client.send(frame)
  await client.sees('5null[1]"x"')
  client.send("\x15")
  client.socket.send(new TextEncoder().encode("echo binary\n"))
  await client.sees("binary\r\n")
  const before = await client.run("true")
  for (const frame of [{ type: "zzz" }, { type: "input", data: 5 }, {}, { data: "x" }]) client.send(frame)
  expect(before + (await client.run("true"))).toBe("")
  expect(client.text).not.toContain("zzz")
})

test("11: two sockets get the same bytes; the second starts with a replay", async () => {
  await using one = await server.join("11")
  await one.run("echo before; printf '\\033[31mred\\033[0m'")
  await one.sees(/\$ $/)
  await using two = await server.join("11")
  await two.until(() => two.frames.length > 0, "replay")
  expect(two.frames[0]).toBe(one.text)
  await two.run("echo from two")
  await one.run("echo from one")
  await two.until(() => two.text.length === one.text.length, "all of it")
  expect(two.text).toBe(one.text)
})

test("12: the replay is the exact tail of at most 65,536 bytes and starts with a whole character", async () => {
  await using one = await server.join("12")
  const file = join(server.home.path, "long.txt")
  writeFileSync(file, `${"a".repeat(5)}${"漢字é".repeat(25_000)}\n`)
  await one.run(`cat ${file}`)
  await using two = await server.join("12")
  await two.until(() => two.frames.length > 0, "replay")
  const replay = two.frames[0] as string
  const bytes = Buffer.byteLength(replay)
  expect(bytes).toBeLessThanOrEqual(65_536)
  expect(bytes).toBeGreaterThan(65_536 - 4)
  expect(one.text.endsWith(replay)).toBe(true)
})

test("12: the replay starts outside escape sequences and contains no queries", async () => {
  // the tail of 65,536 bytes starts inside the title and contains the queries
  const queries = "\x1b[c\x1b[6n\x1b]11;?\x07\x1b[?2026h\x1b[?2026$p"
  const rest = "x".repeat(65_536)
  const file = join(server.home.path, "queries.txt")
  writeFileSync(file, `\x1b]0;a long title\x07${rest.slice(queries.length + 8)}${queries}end`)
  await using shell = await server.join("12b")
  shell.type(`stty -echo; clear; cat ${file}; exec cat\n`)
  await shell.sees(/x{100}.*end/s)
  await using two = await server.join("12b")
  await two.until(() => two.frames.length > 0, "replay")
  const replay = two.frames[0] as string
  expect(replay).toMatch(/^x{60000,}end$/)
})

test("13: 200 joins during output: replay and live output are contiguous", async () => {
  await using first = await server.join("13")
  first.type("stty -echo; i=0; while :; do i=$((i+1)); echo line-$i; done\n")
  await first.sees("line-2000\r\n")
  const joinAndCheck = async () => {
    await using client = await server.join("13")
    await client.until(() => client.frames.length > 3, "live output")
    const lines = client.text.split("\r\n").slice(1, -1)
    const numbers = lines.map(line => Number(/^line-(\d+)$/.exec(line)?.[1]))
    expect(numbers.length).toBeGreaterThan(100)
    expect(numbers).toEqual(numbers.map((_, i) => numbers[0]! + i))
  }
  for (let i = 0; i < 20; i++) await Promise.all(Array.from({ length: 10 }, joinAndCheck))
  await server.kill("13")
})

test("14: output without a client is read, retained and replayed", async () => {
  const marker = join(server.home.path, "marker")
  {
    await using client = await server.join("14")
    const gate = join(server.home.path, "gate")
    const job = `(while [ ! -e ${gate} ]; do sleep 0.05; done; head -c 1000000 /dev/zero | tr '\\0' x; echo done; touch ${marker}) &`
    client.type(`${job}\n`)
    await client.run("true")
    await client.close()
    writeFileSync(gate, "")
  }
  await eventually(() => existsSync(marker), "the job to end without a client")
  await using client = await server.join("14")
  await client.sees(/^x{60000,}done\r\n/)
})

test("15: a character in two parts is decoded as one", async () => {
  await using client = await server.join("15")
  client.type("printf '<\\303'; sleep 0.05; printf '\\251>'\n")
  expect((await client.sees(/<([^<]{1,3})>(?!')/))[1]).toBe("é")
  // an incomplete character does not delay the output after it
  client.type("printf '[\\303'; sleep 0.3; printf ']\\n'\n")
  await client.sees("[\uFFFD]")
})

test("18: other shells, a shell with arguments, a missing directory", async () => {
  await using sh = await server.join("18a", { shell: "bash" })
  expect(await sh.run("echo $0")).toBe("bash")
  await using args = await server.join("18b", { shell: "bash --norc" })
  await args.sees("[PTY] Failed to start terminal: ")
  expect(await server.listed("18b")).toBeUndefined()
  await using nowhere = await server.join("18c", { cwd: "/nonexistent" })
  expect(await nowhere.run("pwd")).toBe(server.home.path)
})

describe("sockets stay open and silent", () => {
  test.concurrent("16: after the shell exits; the next socket starts a new one with the same name", async () => {
    await using client = await server.join("16", { name: "sixteen" })
    client.type("echo old text; exit 3\n")
    await client.sees("old text\r\n")
    await untilUnlisted("16")
    await staysSilent(client)
    client.type("echo dropped\n")
    await using again = await server.join("16", { name: "other" })
    expect(await again.run("echo fresh")).toBe("fresh")
    expect(again.text).not.toContain("old text")
    expect((await server.listed("16"))!.name).toBe("sixteen")
    expect(client.text).not.toContain("fresh")
  })

  test.concurrent("17: after a failed start; the server keeps working, as one process", async () => {
    await using client = await server.join("17", { shell: "/nonexistent" })
    await client.sees(/^\[PTY\] Failed to start terminal: .*\/nonexistent\r\n$/)
    await staysSilent(client)
    expect(await server.listed("17")).toBeUndefined()
    await using other = await server.join("17b")
    expect(await other.run("echo fine")).toBe("fine")
    const serves = (pid: number) =>
      procFile(pid, "cmdline").includes("\0serve\0") && procFile(pid, "environ").includes(server.home.state)
    expect(readdirSync("/proc").map(Number).filter(serves)).toEqual([server.pid])
  })

  test.concurrent("20: after a kill, which ends all processes of the terminal", async () => {
    await using client = await server.join("20")
    const jobs = 'sleep 1000 & one=$!; (trap "" HUP TERM; exec sleep 1001) & two=$!'
    client.type(`${jobs}\n`)
    const pids = await client.run("echo $$ $one $two")
    const all = pids.split(" ").map(Number)
    expect(all.map(alive)).toEqual([true, true, true])
    expect(await (await server.kill("20")).json()).toEqual({ status: "ok" })
    const again = await server.kill("20")
    expect([again.status, await again.json()]).toEqual([404, { status: "not_found" }])
    expect((await server.post("/api/pty/kill", "{}")).status).toBe(404)
    expect((await server.post("/api/pty/kill", "{bad")).status).toBe(400)
    await eventually(() => !all.some(alive), "its processes to be gone")
    await staysSilent(client)
  })
})

async function untilUnlisted(id: string): Promise<void> {
  const late = AbortSignal.timeout(20_000)
  while (await server.listed(id)) {
    late.throwIfAborted()
    await Bun.sleep(10)
  }
}

function procFile(pid: number, name: "cmdline" | "environ"): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8")
  } catch {
    return ""
  }
}
