// write: every kind of input, as the bytes that a terminal sends.

import { expect, test } from "bun:test"
import { failing, type Opened, onEverySurface } from "./surfaces.ts"

/** Script that sets its terminal to raw and prints `count` bytes of input in hex. */
const HEX = (count: number, before = "") =>
  `stty raw -echo; printf '${before}ready'; dd bs=1 count=${count} 2>/dev/null | od -An -v -tx1 | tr -d ' \\n'; printf .`

/** Returns the bytes that arrive at the program for `input`, in hex. */
async function received(
  s: Opened,
  count: number,
  input: Record<string, unknown>,
  before = "",
): Promise<string> {
  const id = await s.server.start(HEX(count, before))
  await s.call("wait", { id, until: { match: ["ready"] } })
  await s.call("write", { id, ...input })
  const { data } = await s.call("wait", { id, until: { match: ["."] } })
  await s.call("end", { id, grace_ms: 0 })
  return data.slice(data.indexOf("ready") + 5, -1)
}

const hex = (text: string) => Buffer.from(text).toString("hex")

onEverySurface("write", open => {
  test("text is sent unchanged", async () => {
    await using s = open()
    const text = "Ärger 猫 👩‍💻\r\n\t\x1b[A\x03"
    expect(await received(s, Buffer.byteLength(text), { text })).toBe(hex(text))
  })

  test("base64 can send every byte", async () => {
    await using s = open()
    const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
    expect(await received(s, 256, { base64: all.toString("base64") })).toBe(all.toString("hex"))
  })

  test("keys are sent as a terminal sends them", async () => {
    await using s = open()
    const keys = [
      "ctrl-c",
      "up",
      "Enter",
      "f5",
      "alt-x",
      "ctrl-space",
      "shift-tab",
      "a",
      "ß",
      "^d",
      "alt-enter",
      "ctrl-[",
      "backspace",
    ]
    const bytes = "\x03\x1b[A\r\x1b[15~\x1bx\0\x1b[Zaß\x04\x1b\r\x1b\x7f"
    expect(await received(s, Buffer.byteLength(bytes), { keys })).toBe(hex(bytes))
  })

  test("unknown keys are rejected and nothing is sent", async () => {
    await using s = open()
    const id = await s.server.start("cat")
    for (const key of [
      "hyper-x",
      "f13",
      "",
      "ab",
      "ctrl-",
      "ctrl-ä",
      "alt-",
      "constructor",
      "__proto__",
      "\n",
    ])
      await failing(s.call("write", { id, keys: ["a", key] }), "invalid_input")
    expect((await s.call("get", { id })).log.end).toBe(0)
  })

  test("a paste is bracketed if the program asks for it, and its newlines are Enter", async () => {
    await using s = open()
    expect(await received(s, 3, { paste: "a\nb" })).toBe(hex("a\rb"))
    const framed = "\x1b[200~a\rb\rc\x1b[201~"
    expect(await received(s, framed.length, { paste: "a\r\nb\nc" }, "\\033[?2004h")).toBe(hex(framed))
    expect(await received(s, 1, { paste: "x" }, "\\033[?2004h\\033[?2004l")).toBe(hex("x"))
  })

  test("pasted text cannot end its bracket, even with a hidden end mark", async () => {
    await using s = open()
    const attacks = [
      "\x1b[201~",
      "\x1b[20\x1b[201~1~",
      "\x1b[2\x1b[201~01~",
      "\x9b201~",
      "\x1b\x1b[201~[201~",
    ]
    for (const attack of attacks) {
      const id = await s.server.start("stty raw -echo; printf '\\033[?2004hready'; cat -v")
      await s.call("wait", { id, until: { match: ["ready"] } })
      await s.call("write", { id, paste: `echo hi${attack}\nrm -rf x\n` })
      await s.call("write", { id, text: "!" })
      const { data } = await s.call("wait", { id, until: { match: ["!"] } })
      const typed = data.slice(data.indexOf("ready") + 5)
      expect(typed.split("201~").length - 1).toBe(
        typed.includes("^[[201~!") ? attack.split("201~").length : 0,
      )
      expect(typed.match(/\^\[/g)?.length).toBe(2)
      expect(typed).not.toContain("M-^[")
      expect(typed.endsWith("^[[201~!")).toBe(true)
    }
  })

  test("eof ends a pipe's input, and is ^D on a terminal", async () => {
    await using s = open()
    for (const backend of ["pipe", "terminal"]) {
      const id = await s.server.start("cat; echo end", { backend, echo: false })
      await s.call("write", { id, text: "last\n", eof: true })
      expect((await s.server.outputOf(id)).replaceAll("\r", "")).toBe("last\nend\n")
    }
    const id = await s.server.start("wc -c", { backend: "pipe" })
    expect(await s.call("write", { id, eof: true })).toEqual({ accepted: 0, cursor: 0 })
    expect((await s.server.outputOf(id)).trim()).toBe("0")
  })

  test("exactly one kind of input is accepted", async () => {
    await using s = open()
    const id = await s.server.start("cat")
    const error = await failing(s.call("write", { id, text: "a", paste: "b" }), "invalid_input")
    expect(error.message).toBe("give exactly one of text, base64, keys, paste; got text, paste")
    expect((await failing(s.call("write", { id }), "invalid_input")).message).toContain("got none")
    await failing(s.call("write", { id, text: "a", keys: [], eof: true }), "invalid_input")
    for (const base64 of ["a", "=", "a*b=", "YWJj\n"])
      await failing(s.call("write", { id, base64 }), "invalid_input")
  })

  test("returns the number of bytes and the end of the log", async () => {
    await using s = open()
    const id = await s.server.start("echo ready; cat", { echo: false })
    await s.call("wait", { id, until: { match: ["ready\r\n"] } })
    expect(await s.call("write", { id, text: "ä猫\n" })).toEqual({ accepted: 6, cursor: 7 })
    await s.call("wait", { id, from: 7, until: { match: ["猫"] } })
    expect((await s.call("read", { id, from: 7 })).data).toBe("ä猫\r\n")
  })

  test("after the exit it is not_running, with the exit", async () => {
    await using s = open()
    const id = await s.server.start("exit 5", { name: "gone" })
    await s.call("wait", { id, until: { exit: true } })
    const { message, details } = await failing(s.call("write", { id, text: "x" }), "not_running")
    expect(message).toContain("gone")
    expect(details).toMatchObject({ exit: { code: 5, signal: null } })
    await failing(s.call("write", { id, eof: true }), "not_running")
  })

  test("a line that a terminal would cut is rejected whole", async () => {
    await using s = open()
    const id = await s.server.start("head -n 1 | wc -c", { echo: false })
    await failing(s.call("write", { id, text: "x".repeat(5000) }), "invalid_input")
    await s.call("write", { id, text: `${"x".repeat(4000)}\n` })
    expect((await s.server.outputOf(id)).trim()).toBe("4001")
  })

  test("input for a program that does not read is buffered up to a limit", async () => {
    await using s = open()
    const id = await s.server.start("sleep 60", { backend: "pipe" })
    const base64 = Buffer.alloc(2 << 20).toString("base64")
    const errors: string[] = []
    for (let i = 0; i < 10; i++) await s.call("write", { id, base64 }).catch(error => errors.push(error.code))
    expect(errors).toContain("limit_reached")
    expect(new Set(errors).size).toBe(1)
  })
})
