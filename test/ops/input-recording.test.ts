// Recorded input: only on request, in order with the output, and never a secret, with real password prompts.

import { expect, test } from "bun:test"
import { installed } from "../helpers.ts"
import { TestServer } from "../http/server.ts"
import { collect, parseCast } from "./asciicast.ts"
import { failing } from "./surfaces.ts"

const SECRET = "correct-horse-battery"
/** Two echoed lines, and between them three prompts without echo. */
const PROMPTS = [
  "read name; echo hello $name",
  "openssl passwd -6 >/dev/null",
  `python3 -c 'import getpass; print(len(getpass.getpass("Passphrase: ")))'`,
  "read more; exit 0",
].join("; ")

/** Answers each prompt when the program waits for it. */
async function answer(server: TestServer, id: string): Promise<void> {
  const { call } = server
  const typed = async (text: string, prompt?: string) => {
    if (prompt) await call("wait", { id, until: { match: [prompt] } })
    expect((await call("wait", { id, until: { input: true } })).outcome).toBe("input")
    await call("write", { id, text: `${text}\r` })
  }
  await typed("visible name")
  await typed(SECRET, "Password: ")
  await typed(SECRET, "Verifying - Password: ")
  await typed(SECRET, "Passphrase: ")
  await call("wait", { id, until: { match: [`${SECRET.length}\r`] } })
  await typed("more")
  await call("wait", { id, until: { exit: true } })
}

for (const backend of ["terminal", "bun-pty"])
  test.skipIf(!installed("openssl", "python3"))(
    `${backend}: records echoed input and no password`,
    async () => {
      await using server = new TestServer()
      const id = await server.start(PROMPTS, { backend, record_input: true })
      await answer(server, id)
      const cast = await collect(server.call("recording", { id }))
      const { events } = parseCast(cast)
      expect(events.filter(([, code]) => code === "i").map(([, , data]) => data)).toEqual([
        "visible name\r",
        "more\r",
      ])
      const first = events.findIndex(([, code]) => code === "i")
      expect(events[first + 1]!.slice(1, 2)).toEqual(["o"])
      expect(events[first + 1]![2]).toStartWith("visible name\r\n")
      expect(cast).not.toContain(SECRET)
    },
  )

test("input is not kept by default, and record_input without a terminal is rejected", async () => {
  await using server = new TestServer()
  const { call } = server
  const id = await server.start("read x")
  expect((await call("get", { id })).record_input).toBe(false)
  await call("write", { id, text: "typed\r" })
  await call("wait", { id, until: { exit: true } })
  const { events } = parseCast(await collect(call("recording", { id })))
  expect(events.map(([, code]) => code)).toEqual(["o", "x"])
  const refusal = await failing(server.start("cat", { backend: "pipe", record_input: true }), "invalid_input")
  expect(refusal.message).toContain("terminal")
})

test("a live recording contains the input as it is typed", async () => {
  await using server = new TestServer()
  const { call } = server
  const id = await server.start("echo ready; cat", { record_input: true })
  expect((await call("get", { id })).record_input).toBe(true)
  let cast = ""
  for await (const piece of await call("recording", { id, follow: true })) {
    cast += piece
    if (piece.includes('"ready')) await call("write", { id, text: "漢 typed\r" })
    if (piece.includes("typed\\r\\ntyped") || cast.split("typed").length > 3) break
  }
  const { events } = parseCast(cast)
  expect(events.filter(([, code]) => code === "i").map(([, , data]) => data)).toEqual(["漢 typed\r"])
})
