// Following: every byte once and in order, exact gaps, marks at their offsets, and the exit last.

import { expect, test } from "bun:test"
import { delay } from "../../src/core/lib/wake.ts"
import type { FollowEvent } from "../../src/core/log/follow.ts"
import type { Session } from "../../src/core/session/session.ts"
import { collectGarbage } from "../helpers.ts"
import { bare, bytesOf, random, SEEDS } from "./bare.ts"

const shorten = (event: FollowEvent) =>
  event.type === "output" ? `${event.from}:${Buffer.from(event.bytes)}` : event

async function rest(session: Session, from = 0): Promise<unknown[]> {
  const events: unknown[] = []
  for await (const event of session.follow(from)) events.push(shorten(event))
  return events
}

const finish = (session: Session, code = 0) => {
  session.sink.exit({ code, signal: null })
  session.sink.end()
}

test.each(SEEDS)("a reader of any speed gets each byte once or in a gap, seed %d", async seed => {
  const pick = random(seed)
  const session = bare({ logLimit: 65_536 })
  const written = Buffer.alloc(3_000_000)
  const readers = Promise.all([0, 1, 2, 3].map(speed => read(session, written, speed, random(seed + speed))))
  for (let step = 0; step < 250; step++) {
    const bytes = new Uint8Array(1 + pick(pick(4) ? 2000 : 40_000)).map(() => pick(256))
    written.set(bytes, session.log.end)
    session.sink.output(bytes, "pty")
    if (pick(10) === 0) session.resize({ cols: 1 + pick(100), rows: 24 })
    if (pick(3) === 0) await new Promise(setImmediate)
  }
  finish(session)
  for (const end of await readers) expect(end).toBe(session.log.end)
})

/** Follows from 0, slower with a higher `speed`, and checks each piece. Returns the end offset. */
async function read(
  session: Session,
  written: Buffer,
  speed: number,
  pick: (n: number) => number,
): Promise<number> {
  let cursor = 0
  let ended = false
  for await (const event of session.follow(0)) {
    expect(ended).toBe(false)
    if (event.type === "gap") {
      expect(event.from).toBe(cursor)
      expect(event.to).toBeGreaterThan(event.from)
      cursor = event.to
    } else if (event.type === "output") {
      expect(event.from).toBe(cursor)
      expect(event.bytes.byteLength).toBeLessThanOrEqual(65_536)
      cursor += event.bytes.byteLength
      expect(Buffer.compare(event.bytes, written.subarray(event.from, cursor))).toBe(0)
    } else if (event.type === "exit") ended = event.end === cursor
    for (let i = pick(1 + speed * 3); i > 0; i--) await new Promise(setImmediate)
  }
  expect(ended).toBe(true)
  return cursor
}

test("the exit comes after the last byte, in either order of the reports", async () => {
  const session = bare()
  session.sink.exit({ code: 4, signal: null })
  const all = rest(session)
  session.sink.output(bytesOf("last"), "pty")
  session.sink.end()
  expect(await all).toEqual(["0:last", { type: "exit", exit: session.life.exit, end: 4, tailOpen: false }])
})

test("an open tail is announced, and later followers get all of it", async () => {
  const session = bare()
  session.sink.output(bytesOf("hi"), "pty")
  session.sink.exit({ code: 4, signal: null })
  expect(await rest(session)).toEqual([
    "0:hi",
    { type: "exit", exit: session.life.exit, end: 2, tailOpen: true },
  ])
  session.sink.output(bytesOf(" late"), "pty")
  session.sink.end()
  const last = (await rest(session)).at(-1)
  expect(last).toEqual({ type: "exit", exit: session.life.exit, end: 7, tailOpen: false })
})

test("marks come at their offsets", async () => {
  const session = bare()
  session.sink.output(bytesOf("ab"), "pty")
  session.resize({ cols: 1, rows: 1 })
  session.setTitle("t")
  session.sink.output(bytesOf("cd"), "pty")
  finish(session)
  const resize = { type: "resize", cols: 1, rows: 1 }
  const [first, ...others] = await rest(session)
  expect([first, ...others.slice(0, -1)]).toEqual(["0:ab", resize, { type: "title", title: "t" }, "2:cd"])
  expect((await rest(session, 3)).slice(0, -1)).toEqual(["3:d"])
})

test("a start beyond the end waits for new output", async () => {
  const session = bare()
  session.sink.output(bytesOf("old"), "pty")
  const all = rest(session, 1000)
  session.sink.output(bytesOf("new"), "pty")
  finish(session)
  expect((await all)[0]).toBe("3:new")
})

test("abort and removal end a follower without an exit", async () => {
  const session = bare()
  const abort = new AbortController()
  const aborted = Array.fromAsync(session.follow(0, abort.signal))
  const removed = rest(session)
  await delay(1)
  abort.abort()
  expect(await aborted).toEqual([])
  session.remove()
  expect(await removed).toEqual([])
})

test("a slow follower costs no memory and gets a gap", async () => {
  const session = bare({ logLimit: 65_536 })
  const follower = session.follow(0)
  session.sink.output(bytesOf("x"), "pty")
  await follower.next()
  const before = process.memoryUsage().rss
  for (let i = 0; i < 5000; i++) session.sink.output(new Uint8Array(65_536), "pty")
  collectGarbage()
  expect(process.memoryUsage().rss - before).toBeLessThan(100 << 20)
  expect((await follower.next()).value).toEqual({
    type: "gap",
    from: 1,
    to: session.log.base,
    reason: "slow_viewer",
  })
})
