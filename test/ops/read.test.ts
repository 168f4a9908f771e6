// read: offsets, limits, encodings; and that no character of valid text is ever split.

import { expect, test } from "bun:test"
import { delay } from "../../src/core/lib/wake.ts"
import type { Archive } from "../../src/core/log/archive.ts"
import { readSoon } from "../../src/ops/output/read.ts"
import { bare, bytesOf } from "../core/bare.ts"
import { failing, type Opened, onEverySurface } from "./surfaces.ts"

/** Starts a session that has printed exactly these bytes. With `ending` it also ends. */
async function printed(s: Opened, text: string | Uint8Array, ending = "", more = {}): Promise<string> {
  const id = await s.server.start("read x", { backend: "pipe", ...more })
  const { sink } = s.server.sessions.get(id)
  sink.output(typeof text === "string" ? new TextEncoder().encode(text) : text, "stdout")
  if (ending) await s.call("write", { id, text: ending })
  if (ending) await s.call("wait", { id, until: { exit: true } })
  return id
}

onEverySurface("read", open => {
  test("from: omitted, a number, -1, -N, and past the end", async () => {
    await using s = open()
    const id = await printed(s, "0123456789")
    const read = async (from?: number) => {
      const { from: at, next, data } = await s.call("read", { id, from })
      return [at, next, data]
    }
    expect(await read()).toEqual([0, 10, "0123456789"])
    expect(await read(0)).toEqual([0, 10, "0123456789"])
    expect(await read(7)).toEqual([7, 10, "789"])
    expect(await read(-1)).toEqual([10, 10, ""])
    expect(await read(-3)).toEqual([7, 10, "789"])
    expect(await read(-99)).toEqual([0, 10, "0123456789"])
    expect(await read(10)).toEqual([10, 10, ""])
    expect(await read(11)).toEqual([10, 10, ""])
  })

  test("text read in steps of any size is the same text", async () => {
    await using s = open()
    const text = "aß猫😀\u0000é👩‍💻z\ufeff"
    const bytes = new TextEncoder().encode(text)
    const id = await printed(s, text, "\n")
    for (let max_bytes = 1; max_bytes <= bytes.length; max_bytes++) {
      let [from, data] = [0, ""]
      for (;;) {
        const part = await s.call("read", { id, from, max_bytes })
        expect(part.next).toBeGreaterThan(from)
        data += part.data
        from = part.next
        expect(part.exit === null).toBe(from < bytes.length)
        if (part.exit) break
      }
      expect(data).toBe(text)
    }
  })

  test("an incomplete character waits for its rest", async () => {
    await using s = open()
    const bytes = new TextEncoder().encode("a😀b")
    for (let cut = 1; cut < 6; cut++) {
      const id = await printed(s, bytes.slice(0, cut))
      const first = await s.call("read", { id })
      s.server.sessions.get(id).sink.output(bytes.slice(cut), "stdout")
      const second = await s.call("read", { id, from: first.next })
      expect(first.data + second.data).toBe("a😀b")
      expect(first.data).toBe(cut < 5 ? "a" : "a😀")
    }
  })

  test("a read that starts inside a character starts after it", async () => {
    await using s = open()
    const id = await printed(s, "猫猫")
    for (const [from, at] of [
      [1, 3],
      [2, 3],
      [3, 3],
      [4, 6],
      [-2, 6],
      [-4, 3],
    ] as const) {
      const part = await s.call("read", { id, from })
      expect([part.from, part.data]).toEqual([at, at === 3 ? "猫" : ""])
    }
    const broken = await printed(s, Uint8Array.of(0x80, 0x80, 0x61), "\n")
    expect((await s.call("read", { id: broken, from: 1 })).data).toBe("\ufffda")
  })

  test("bytes that are not text are exact as base64, and reading always advances", async () => {
    await using s = open()
    const bytes = new Uint8Array(1024).map((_, i) => (i * 167 + 13) % 256)
    const id = await printed(s, bytes, "\n")
    let [from, all] = [0, Buffer.alloc(0)]
    while (from < 1024) {
      const part = await s.call("read", { id, from, max_bytes: 100, encoding: "base64" })
      all = Buffer.concat([all, Buffer.from(part.data, "base64")])
      from = part.next
    }
    expect(new Uint8Array(all)).toEqual(bytes)
    for (from = 0; from < 1024; ) {
      const part = await s.call("read", { id, from, max_bytes: 7 })
      expect(part.next).toBeGreaterThan(from)
      from = part.next
    }
  })

  test("wait_ms waits for the first byte and not for more", async () => {
    await using s = open()
    const id = await printed(s, "old")
    const waiting = s.call("read", { id, from: -1, wait_ms: 20_000 })
    await delay(20)
    s.server.sessions.get(id).sink.output(new TextEncoder().encode("new"), "stdout")
    expect(await waiting).toMatchObject({ from: 3, next: 6, data: "new", exit: null })
    const begun = performance.now()
    expect((await s.call("read", { id, from: -1, wait_ms: 60 })).data).toBe("")
    expect(performance.now() - begun).toBeGreaterThanOrEqual(55)
  })

  test("a waiting read ends with the session", async () => {
    await using s = open()
    const id = await s.server.start("read x; exit 3", { backend: "pipe" })
    const waiting = s.call("read", { id, from: -1, wait_ms: 20_000 })
    await s.call("write", { id, text: "\n" })
    expect(await waiting).toMatchObject({ data: "", exit: { code: 3, signal: null } })
    const other = await s.server.start("sleep 60")
    const removed = s.call("read", { id: other, from: -1, wait_ms: 20_000 })
    await s.call("end", { id: other })
    expect((await removed).exit?.signal).toMatch(/^SIG(HUP|TERM)$/)
  })

  test("exit is set with the last byte and not before", async () => {
    await using s = open()
    const id = await printed(s, "abcdef", "\n")
    expect((await s.call("read", { id, max_bytes: 3 })).exit).toBeNull()
    expect(await s.call("read", { id, from: 3 })).toMatchObject({
      data: "def",
      exit: { code: 0, signal: null },
    })
    expect(await s.call("read", { id, from: 6 })).toMatchObject({
      data: "",
      exit: { code: 0 },
      tail_open: false,
    })
  })

  test("tail_open: the program ended and another process keeps its output open", async () => {
    await using s = open()
    const id = await s.server.start("sleep 60 & echo hi; exit 4", { backend: "pipe" })
    const { exit, state } = await s.call("wait", { id, until: { exit: true } })
    expect([exit?.code, state]).toEqual([4, "exited"])
    expect(await s.call("read", { id })).toMatchObject({ data: "hi\n", exit: { code: 4 }, tail_open: true })
    expect(await s.call("end", { id })).toMatchObject({ exit: { code: 4 } })
  })

  test("trimmed output is a gap, and text continues with a whole character", async () => {
    await using s = open()
    const text = "猫".repeat(30_000)
    const id = await printed(s, text, "\n", { log_limit: 65536 })
    const base = 90_000 - 65536
    expect(await s.call("read", { id, from: 5, max_bytes: 3 })).toMatchObject({
      gap: { from: 5 },
      base,
      end: 90_000,
    })
    const part = await s.call("read", { id, from: 5, max_bytes: 90_000 })
    expect(part.gap).toEqual({ from: 5, to: part.from, reason: "trimmed" })
    expect(part.from % 3).toBe(0)
    expect(part.data).toBe("猫".repeat((90_000 - part.from) / 3))
    expect((await s.call("read", { id })).gap).toBeNull()
    const raw = await s.call("read", { id, from: 5, encoding: "base64" })
    expect(raw.gap).toEqual({ from: 5, to: base, reason: "trimmed" })
  })

  test("ansi=strip removes sequences, even if reads split them", async () => {
    await using s = open()
    const id = await printed(
      s,
      "a\x1b[31mred\x1b[0m \x1b]0;title\x07b\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\ \x1bP1$r\x1b\\c\x1b(Bd",
      "\n",
    )
    for (let max_bytes = 1; max_bytes < 60; max_bytes++) {
      let [from, data] = [0, ""]
      for (let exit: unknown = null; !exit; ) {
        const part = await s.call("read", { id, from, max_bytes, ansi: "strip" })
        ;({ exit } = part)
        data += part.data
        from = part.next
      }
      expect(data).toBe("ared blink cd")
    }
  })

  test("a waiting read continues after output that is only sequences", async () => {
    await using s = open()
    const id = await printed(s, `${"\x1b[31m".repeat(100)}text`)
    const begun = performance.now()
    const part = await s.call("read", { id, max_bytes: 50, ansi: "strip", wait_ms: 20_000 })
    expect([part.data, part.next]).toEqual(["text", 504])
    expect(performance.now() - begun).toBeLessThan(10_000)
  })

  test("separate streams have separate offsets", async () => {
    await using s = open()
    const id = await s.server.start("printf abc; printf de >&2", { separate_streams: true })
    await s.call("wait", { id, until: { exit: true } })
    expect(await s.call("read", { id, stream: "stderr", from: -1 })).toMatchObject({
      end: 2,
      from: 2,
      exit: { code: 0 },
    })
    expect(await s.call("read", { id, stream: "stdout", from: 1 })).toMatchObject({ data: "bc", end: 3 })
    await failing(s.call("read", { id, stream: "pty" }), "invalid_input")
  })

  test("errors name the value out of range", async () => {
    await using s = open()
    const id = await printed(s, "x")
    const cases = [
      { max_bytes: 0 },
      { max_bytes: 5 << 20 },
      { wait_ms: 30_001 },
      { wait_ms: -1 },
      { from: 0.5 },
      { encoding: "latin1" },
      { ansi: "eat" },
      { stream: "tty" },
    ]
    for (const bad of cases) {
      const { message } = await failing(s.call("read", { id, ...bad } as never), "invalid_input")
      expect(message).toContain(Object.keys(bad)[0]!)
      expect(message).toContain(`${Object.values(bad)[0]}`)
    }
  })
})

test("a read says why bytes are missing", async () => {
  const request = { from: 2, max_bytes: 100, encoding: "utf8" as const, ansi: "keep" as const }
  for (const gap of ["disk", "damage", "trimmed"] as const) {
    const read = async () => ({ offset: 6, bytes: bytesOf("6789"), gap })
    const session = bare({ archive: { base: 0, read } as Partial<Archive> as Archive, start: 10 })
    const reading = await readSoon(session, session.log, request, 0, new AbortController().signal)
    expect(reading).toMatchObject({ from: 6, data: "6789", gap: { from: 2, to: 6, reason: gap } })
  }
})
