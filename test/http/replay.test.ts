// Terminal queries: blanked in replayed output, answered once in live output, by one viewer or the server.

import { expect, test } from "bun:test"
import { QueryBlanker } from "../../src/http/attach/replay.ts"
import { Terminal } from "../../src/screen/xterm/headless.ts"
import { AttachClient } from "./attach-client.ts"
import { TestServer } from "./server.ts"

const QUERIES = [
  "\x1b[c",
  "\x1b[0c",
  "\x1b[>c",
  "\x1b[=c",
  "\x1b[5n",
  "\x1b[6n",
  "\x1b[?6n",
  "\x1b]11;?\x07",
  "\x1b]11;?\x1b\\",
  "\x1b]4;1;?\x07",
  "\x1b]52;c;?\x07",
  "\x1bP+q544e\x1b\\",
  "\x1bP$qm\x1b\\",
  "\x1b[?2026$p",
  "\x1b[>q",
  "\x1b[?u",
  "\x1b[14t",
  "\x1bZ",
]
/** Queries in forms that only a terminal's parser recognizes. */
const DISGUISED = [
  "\x1b[\x0bc",
  "\x1b[\0c",
  "\x1b[\x7fc",
  "\x1b\x0b[c",
  "\x1b\x1b[c",
  "\x1b[00c",
  "\x1b[0;1c",
  "\x1b[06n",
  "\x1bP\x0b$qm\x1b\\",
  "\x1b]11;\x02?\x07",
  `\x1b[0${";0".repeat(500)}c`,
  `\x1b]4;${"1;red;".repeat(500)}2;?\x07`,
  "\u009bc",
  "\u009b6n",
  "\u009d11;?\u009c",
  "\u0090$qm\u009c",
  "\u009a",
]
const FROZEN = "\x1b[?2026h"
const HARMLESS = [
  "\x1b[31m",
  "\x1b[2J",
  "\x1b[?25l",
  "\x1b[?1049h",
  "\x1b]0;title\x07",
  "\x1b]8;;http://x\x1b\\",
  "\x1b[?2026l",
  "\x1b[10;5H",
  "\x1b[3;4r",
  "\x1bM",
  "\x1b[8;24;80t",
]

/** Starts a pipe session that has printed `text`; without a terminal, only the server reads it. */
async function printed(server: TestServer, text: string): Promise<string> {
  const id = await server.start("read x", { backend: "pipe" })
  server.sessions.get(id).sink.output(new TextEncoder().encode(text), "stdout")
  return id
}

test("queries in a replay are blanked at the same length, for every mode", async () => {
  await using server = new TestServer()
  for (const query of [...QUERIES, FROZEN])
    for (const mode of ["control", "view"]) {
      const id = await printed(server, `before${query}after`)
      await using client = AttachClient.to(server, id, { query: `mode=${mode}` })
      await client.printed("after")
      expect([query, client.text]).toEqual([query, `before${"\0".repeat(query.length)}after`])
    }
}, 20_000)

test("a replay does not change the log, not even a large piece that is stored without a copy", async () => {
  await using server = new TestServer()
  const id = await server.start("read x", { backend: "pipe" })
  const { sink, log } = server.sessions.get(id)
  const piece = Buffer.from(`${"x".repeat(10_000)}\x1b[6nafter`)
  sink.output(Buffer.from(piece), "stdout")
  await using client = AttachClient.to(server, id)
  await client.printed("after")
  expect(client.text).toEndWith("\0\0\0\0after")
  expect(Buffer.compare(log.slice(0, log.end), piece)).toBe(0)
})

test("a terminal does not answer a replay of disguised queries", async () => {
  for (const query of DISGUISED) {
    const bytes = new TextEncoder().encode(`before${query}after`)
    const blank = new QueryBlanker().pass(bytes, true)
    expect([query, blank.length]).toEqual([query, bytes.length])
    expect([query, await answerTo(blank)]).toEqual([query, ""])
  }
})

/** The input that a terminal sends when it parses these bytes. */
function answerTo(bytes: Uint8Array): Promise<string> {
  const terminal = new Terminal({ allowProposedApi: true })
  let answer = ""
  terminal.onData(data => {
    answer += data
  })
  return new Promise(resolve => terminal.write(bytes, () => resolve(answer)))
}

test("sequences that are no queries are replayed unchanged", async () => {
  await using server = new TestServer()
  const text = `a${HARMLESS.join("b")}z!`
  const id = await printed(server, text)
  await using client = AttachClient.to(server, id)
  await client.printed("z!")
  expect(client.text).toBe(text)
})

test("a query is blanked wherever its output was cut", async () => {
  await using server = new TestServer()
  const text = new TextEncoder().encode("x\x1b]11;?\x07y\x1b[6nz")
  for (let cut = 1; cut < text.length; cut++) {
    const id = await server.start("read x", { backend: "pipe" })
    const { sink } = server.sessions.get(id)
    sink.output(text.slice(0, cut), "stdout")
    // a piece too large to be stored with its neighbours keeps the cut
    sink.output(text.slice(cut), "stdout")
    await using client = AttachClient.to(server, id)
    await client.printed("z")
    expect(client.text).toBe(`x${"\0".repeat(7)}y${"\0".repeat(4)}z`)
  }
})

test("live queries pass, and one viewer answers them", async () => {
  await using server = new TestServer()
  const id = await server.start("read x", { backend: "pipe" })
  await using first = AttachClient.to(server, id)
  await first.frame("viewers")
  await using second = AttachClient.to(server, id)
  await using viewer = AttachClient.to(server, id, { query: "mode=view" })
  await viewer.frame("viewers")
  const text = `${QUERIES.join("")}${FROZEN}end`
  server.sessions.get(id).sink.output(new TextEncoder().encode(text), "stdout")
  for (const client of [first, second, viewer]) {
    await client.printed("end")
    expect(client.text).toBe(text)
  }
  const answers = () => [first, second, viewer].map(client => client.all("viewers").at(-1)!.answers)
  await first.until(() => first.all("viewers").at(-1)!.count === 3, "three viewers")
  expect(answers()).toEqual([true, false, false])
  await first[Symbol.asyncDispose]()
  await second.until(() => second.all("viewers").at(-1)!.answers, "the next one to answer")
  expect(answers().slice(1)).toEqual([true, false])
})

test("without a viewer the server answers, once; a hundred viewers add nothing", async () => {
  await using server = new TestServer({ limits: { viewers: 200 } })
  const answers = "\x1b[?62;22c\x1b[1;1R"
  const script = `stty raw -echo; printf '\\033[c\\033[6n'; dd bs=1 count=${answers.length} 2>/dev/null | od -An -v -tx1 | tr -d ' \\n'; printf ' answered '; dd bs=1 count=3 2>/dev/null`
  const id = await server.start(script)
  const { data } = await server.call("wait", { id, until: { match: [" answered "] } })
  expect(data).toContain(Buffer.from(answers).toString("hex"))
  const clients = Array.from({ length: 100 }, () => AttachClient.to(server, id))
  await Promise.all(clients.map(client => client.printed(" answered ")))
  await Promise.all(clients.map(client => client[Symbol.asyncDispose]()))
  await server.call("write", { id, text: "end" })
  // the next three bytes of input are these, so nothing came in between
  expect(await server.outputOf(id)).toEndWith(" answered end")
}, 20_000)
