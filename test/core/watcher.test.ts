// The output watcher: titles, modes, and one answer for each query without a terminal.

import { expect, test } from "bun:test"
import { PtylineError } from "../../src/core/lib/errors.ts"
import { delay } from "../../src/core/lib/wake.ts"
import type { Session } from "../../src/core/session/session.ts"
import { bare, bytesOf } from "./bare.ts"

const output = (session: Session, text: string) => session.sink.output(bytesOf(text), "pty")

async function titled(session: Session, title: string): Promise<void> {
  while (session.title !== title) await session.altered.wait(AbortSignal.timeout(5000))
}

test("a title is found, also one that comes in pieces", async () => {
  const session = bare()
  output(session, "\x1b]0;first\x07")
  await titled(session, "first")
  output(session, "\x1b]2;sec")
  await delay(60)
  output(session, "ond\x1b\\")
  await titled(session, "second")
})

test("the last title before the end is found", async () => {
  const session = bare()
  output(session, "\x1b]0;last words\x07")
  session.sink.exit({ code: 0, signal: null })
  session.sink.end()
  expect(session.title).toBe("last words")
})

test("queries are answered once, in order, while no viewer is attached", async () => {
  const session = bare()
  output(session, "\x1b[c\x1b[>c\x1b[5n\x1b[6n\x1b]11;?\x07\x1b]0;a\x07")
  await titled(session, "a")
  expect(session.written).toEqual(["\x1b[?62;22c", "\x1b[>1;10;0c", "\x1b[0n", "\x1b[1;1R"])
  output(session, "\x1b]0;b\x07")
  await titled(session, "b")
  expect(session.written).toHaveLength(4)
})

test("an interactive viewer answers itself, one that only reads does not", async () => {
  const session = bare()
  const viewer = session.attach(true)
  output(session, "\x1b[c\x1b]0;a\x07")
  await titled(session, "a")
  expect(session.written).toEqual([])
  viewer.detach()
  session.attach(false)
  output(session, "\x1b[c\x1b]0;b\x07")
  await titled(session, "b")
  expect(session.written).toEqual(["\x1b[?62;22c"])
})

test("without a terminal no query is answered", async () => {
  const session = bare({ tty: false })
  output(session, "\x1b[c\x1b]0;a\x07")
  await titled(session, "a")
  expect(session.written).toEqual([])
})

test("only the end of a flood is scanned", async () => {
  const session = bare()
  output(session, `\x1b[c${"x".repeat(200_000)}\x1b]0;after\x07`)
  await titled(session, "after")
  expect(session.written).toEqual([])
})

test("pasted text is bracketed when the program asks for it, and cannot end the brackets", () => {
  const session = bare()
  session.paste("a\nb")
  output(session, "\x1b[?2004h")
  session.paste("c\x1b[201~d")
  output(session, "\x1b[?2004l")
  session.paste("e")
  expect(session.written).toEqual(["a\rb", "\x1b[200~c[201~d\x1b[201~", "e"])
})

test("an answer that the terminal rejects does no harm", async () => {
  const session = bare()
  const refusing = {
    write: () => {
      throw new PtylineError("invalid_input", "a line of 4096 bytes")
    },
  }
  session.start({ ...nothing, ...refusing })
  output(session, "\x1b[c\x1b]0;a\x07")
  await titled(session, "a")
})

const nothing = {
  pid: 0,
  write() {},
  pending: () => 0,
  eof() {},
  resize() {},
  signal() {},
  terminate: async () => {},
  close() {},
}
