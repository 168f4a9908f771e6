// Snapshots on the terminal socket: when they are sent, where output continues, and that they contain no
// queries.

import { expect, test } from "bun:test"
import { delay } from "../../src/core/lib/wake.ts"
import { AttachClient } from "../http/attach-client.ts"
import { TestServer } from "../http/server.ts"
import { differences, feed, stateOf, viewer } from "./state.ts"

/** A terminal fed with a client's frames; collects its replies to queries. */
function shown(client: AttachClient, size = { cols: 120, rows: 30 }) {
  const terminal = viewer(size)
  const sent: string[] = []
  terminal.onData(data => sent.push(data))
  for (const frame of client.frames)
    if (frame instanceof Uint8Array) feed(terminal, frame)
    else if (frame.type === "snapshot") feed(terminal, frame.data)
  return { terminal, sent }
}

const screenOf = (client: AttachClient) => JSON.stringify(stateOf(shown(client).terminal).grid)

test("a new viewer of a terminal gets hello, a snapshot and output from its offset", async () => {
  await using server = new TestServer()
  const id = await server.start("printf 'one\\n\\033[1;31mtwo\\033[m\\n'; read x; echo three; read x")
  await server.call("wait", { id, until: { regex: ["two.*\\n"] } })
  const url = `${server.origin}/v1/sessions/${id}/attach`
  await using client = new AttachClient(url, { token: server.token, query: "snapshot=auto" })
  const snapshot = await client.frame("snapshot")
  const types = client.frames.slice(0, 2).map(frame => (frame instanceof Uint8Array ? "bytes" : frame.type))
  expect(types).toEqual(["hello", "snapshot"])
  expect(client.all("hello")[0]?.from).toBe(snapshot.offset)
  expect(snapshot).toMatchObject({ offset: 20, cols: 120, rows: 30 })
  client.type("\n")
  await client.printed("three")
  expect(client.text).toBe("\r\nthree\r\n")
})

test("with from, with never, and on pipes it gets bytes", async () => {
  await using server = new TestServer()
  const id = await server.start("printf 0123456789; read x")
  const { id: pipe } = await server.call("create", { command: "printf 0123456789; read x", backend: "pipe" })
  for (const [session, query] of [
    [id, "snapshot=auto&from=0"],
    [id, "snapshot=never"],
    [pipe, "snapshot=auto"],
  ] as const) {
    await server.call("wait", { id: session, until: { match: ["9"] } })
    await using client = AttachClient.to(server, session, { query })
    await client.printed("0123456789")
    expect(client.all("snapshot")).toEqual([])
  }
})

test("always sends a snapshot, also on pipes and with from", async () => {
  await using server = new TestServer()
  const { id } = await server.call("create", { command: "printf 0123456789; read x", backend: "pipe" })
  await server.call("wait", { id, until: { match: ["9"] } })
  await using client = AttachClient.to(server, id, { query: "snapshot=always&from=3" })
  expect((await client.frame("snapshot")).offset).toBe(10)
})

test("an ended session sends its exit after the snapshot", async () => {
  await using server = new TestServer()
  const id = await server.start("printf 'last words'; exit 5")
  await server.call("wait", { id, until: { exit: true } })
  await using client = AttachClient.to(server, id, { query: "snapshot=auto" })
  await client.end()
  expect(client.all("exit")[0]).toMatchObject({ code: 5, end: 10 })
  expect(screenOf(client)).toContain("1w|1o|1r|1d|1s")
})

for (const [name, open, rest] of [
  ["a control sequence", "\\033[3", "1mred"],
  ["a title", "\\033]2;ti", "tle\\007red"],
  ["a string that is none of the terminal's", "\\033P1;2|abc", "def\\033\\\\red"],
  ["a character", "\\346\\274", "\\242red"],
  ["a character of the decoder's weak spot", "\\342\\200", "\\224red"],
  ["an escape alone", "\\033", "(Bred"],
] as const)
  test(`in the middle of ${name} a snapshot ends before it`, async () => {
    await using server = new TestServer()
    const id = await server.start(`printf 'green ${open}'; read x; printf '${rest}'; read x`)
    await server.call("wait", { id, until: { match: ["green "] } })
    await delay(20)
    await using client = AttachClient.to(server, id, { query: "snapshot=auto" })
    expect((await client.frame("snapshot")).offset).toBe(6)
    client.type("\n")
    await client.printed("red")
    await using whole = AttachClient.to(server, id, { query: "from=0" })
    await whole.printed("red")
    expect(screenOf(client)).toBe(screenOf(whole))
  })

test("a viewer that asks for dropped output gets a gap and a snapshot", async () => {
  await using server = new TestServer()
  const command = "printf '\\033[?1049h'; seq 1 40000; printf 'done\\n'; read x"
  const { id } = await server.call("create", { command, log_limit: 65536 })
  await server.call("wait", { id, until: { match: ["done"] } })
  await using client = AttachClient.to(server, id, { query: "snapshot=auto&from=1" })
  const { offset } = await client.frame("snapshot")
  expect(client.all("gap")).toEqual([{ type: "gap", from: 1, to: offset, reason: "trimmed" }])
  expect(screenOf(client)).toContain("1d|1o|1n|1e")
  expect(client.text).toBe("")
})

test("a hundred viewers send no input to the program", async () => {
  await using server = new TestServer()
  const questions = "\\033[c\\033[6n\\033[?1004h\\033[>q\\033]11;?\\007\\033P$qm\\033\\\\"
  const id = await server.start(`stty raw -echo; printf '${questions}screen'; exec cat -v`)
  await server.call("wait", { id, until: { match: ["screen"] }, timeout_ms: 5000 })
  await server.call("wait", { id, until: { idle_ms: 200 } })
  const session = server.sessions.get(id)
  const before = session.log.end
  server.sessions.limits.viewers = 200
  for (let n = 0; n < 100; n++) {
    await using client = AttachClient.to(server, id, { query: "snapshot=auto" })
    await client.frame("viewers")
    const { sent } = shown(client)
    for (const data of sent) client.type(data)
    expect(sent).toEqual([])
  }
  await delay(100)
  expect(session.log.end).toBe(before)
})

test("two late viewers see the same as a viewer from the start", async () => {
  await using server = new TestServer()
  const id = await server.start(
    "for i in 1 2 3 4 5 6; do printf '\\033[3%dm%d 漢字 \\033[K\\n' $i $i; sleep 0.05; done; read x",
  )
  await using first = AttachClient.to(server, id, { query: "from=0" })
  await first.printed("3 漢")
  await using second = AttachClient.to(server, id, { query: "snapshot=auto" })
  await first.printed("6 漢")
  const { offset } = await second.frame("snapshot")
  await second.until(() => offset + second.bytes.length === first.bytes.length, "the same end")
  expect(differences(stateOf(shown(first).terminal), stateOf(shown(second).terminal))).toEqual([])
})

test("without a snapshot option a viewer gets all output if it is available, else a snapshot", async () => {
  await using server = new TestServer()
  const id = await server.start("stty -opost; head -c 50000 /dev/zero | tr '\\0' x; echo done; cat", {
    log_limit: 65536,
  })
  await server.call("wait", { id, until: { match: ["done"] } })
  const url = `${server.origin}/v1/sessions/${id}/attach`
  await using early = new AttachClient(url, { token: server.token })
  await early.printed("done")
  expect(early.all("hello")[0]?.from).toBe(0)
  expect(early.bytes.length).toBe(50005)
  server.sessions.get(id).sink.output(new TextEncoder().encode("y".repeat(40000)), "pty")
  await using viewer = new AttachClient(url, { token: server.token })
  expect((await viewer.frame("snapshot")).offset).toBe(90005)
})
