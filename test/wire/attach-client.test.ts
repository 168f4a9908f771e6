// The attach client without a socket: offsets, acknowledgements, reconnecting, close codes.

import { afterEach, describe, expect, setSystemTime, test } from "bun:test"
import { CloseCode, type ServerFrame } from "../../src/wire/attach.ts"
import {
  AttachClient,
  type AttachClientOptions,
  closingOf,
  inputFrames,
} from "../../src/wire/attach-client.ts"
import { Backoff } from "../../src/wire/backoff.ts"

const KIB = 1 << 10

const bytes = (length: number) => new ArrayBuffer(length)
const hello = (from: number, end = from): ServerFrame => ({
  type: "hello",
  id: "s",
  from,
  base: 0,
  end,
  cols: 80,
  rows: 24,
  mode: "control",
  client: "ann",
  lease: null,
})

function sent(client: AttachClient, frame: ServerFrame) {
  return client.received(JSON.stringify(frame))
}

/** A client whose connection has been greeted. */
function greeted(from = 0, end = from, options: AttachClientOptions = {}): AttachClient {
  const client = new AttachClient(options)
  client.connecting()
  sent(client, hello(from, end))
  return client
}

describe("offsets", () => {
  test("a new client lets the server choose, one with an offset asks for it", () => {
    expect(new AttachClient().connecting()).toBeNull()
    expect(new AttachClient({ from: 7 }).connecting()).toBe(7)
    expect(new AttachClient({ from: 0 }).connecting()).toBe(0)
  })

  test("output continues where the hello says and moves the offset to resume at", () => {
    const client = greeted(100, 130)
    expect(client.received(bytes(20))).toMatchObject({ type: "output", from: 100 })
    expect(client.received(bytes(5))).toMatchObject({ type: "output", from: 120 })
    expect(client.connecting()).toBe(125)
  })

  test("only the hello of a client without an offset is the first", () => {
    const client = new AttachClient()
    client.connecting()
    expect(sent(client, hello(3))).toMatchObject({ first: true, otherLog: false })
    client.received(bytes(1))
    client.connecting()
    expect(sent(client, hello(4))).toMatchObject({ first: false, otherLog: false })
    client.restart()
    expect(client.connecting()).toBeNull()
    expect(sent(client, hello(0, 4))).toMatchObject({ first: true })
  })

  test("a connection lost between the first hello and its snapshot starts afresh", () => {
    const client = greeted(500)
    expect(client.connecting()).toBeNull()
    expect(sent(client, hello(500))).toMatchObject({ first: true })
    sent(client, { type: "snapshot", offset: 500, cols: 80, rows: 24, data: "" })
    expect(client.connecting()).toBe(500)
  })

  test("a log that ends before the offset is another log", () => {
    const client = greeted(0)
    client.received(bytes(50))
    client.connecting()
    expect(sent(client, hello(40, 40))).toMatchObject({ otherLog: true })
  })

  test("a log that ends exactly at the offset is the same log", () => {
    const client = greeted(0)
    client.received(bytes(50))
    client.connecting()
    expect(sent(client, hello(50, 50))).toMatchObject({ otherLog: false })
  })

  test("a gap and a snapshot move the offset", () => {
    const client = greeted(0)
    expect(sent(client, { type: "gap", from: 0, to: 40, reason: "trimmed" })).toEqual({
      type: "gap",
      from: 0,
      to: 40,
      reason: "trimmed",
    })
    expect(client.received(bytes(2))).toMatchObject({ from: 40 })
    sent(client, { type: "snapshot", offset: 90, cols: 80, rows: 24, data: "" })
    expect(client.received(bytes(1))).toMatchObject({ from: 90 })
    expect(client.connecting()).toBe(91)
  })

  test("after a reconnect the hello decides where output continues", () => {
    const client = greeted(0)
    client.received(bytes(10))
    client.connecting()
    sent(client, hello(10, 30))
    sent(client, hello(10, 30))
    expect(client.received(bytes(20))).toMatchObject({ from: 10 })
    expect(client.connecting()).toBe(30)
  })

  test("output before the end that the hello named is history", () => {
    const client = greeted(0, 10)
    expect(client.replaying).toBe(true)
    client.received(bytes(9))
    expect(client.replaying).toBe(true)
    client.received(bytes(1))
    expect(client.replaying).toBe(false)
  })

  test("the exit is remembered without its frame", () => {
    const client = greeted(0)
    expect(client.exit).toBeNull()
    sent(client, { type: "exit", code: 3, signal: null, end: 0, tail_open: false })
    expect(client.exit).toEqual({ code: 3, signal: null })
  })
})

describe("acknowledgements", () => {
  test("are due after 64 KiB and name the last byte parsed", () => {
    const client = greeted(1_000)
    expect(client.parsedTo(1_000 + 64 * KIB - 1)).toBe(false)
    expect(client.parsedTo(1_000 + 64 * KIB)).toBe(true)
    expect(client.acknowledge()).toEqual({ type: "ack", offset: 1_000 + 64 * KIB })
    expect(client.acknowledge()).toBeNull()
  })

  test("less than that can be acknowledged, once for many pieces", () => {
    const client = greeted()
    for (const offset of [10, 20, 30]) expect(client.parsedTo(offset)).toBe(false)
    expect(client.acknowledge()).toEqual({ type: "ack", offset: 30 })
  })

  test("a client that parses at once need not name the offset", () => {
    const client = greeted()
    client.received(bytes(64 * KIB))
    expect(client.parsedTo()).toBe(true)
    expect(client.parsed).toBe(64 * KIB)
  })

  test("a gap counts as parsed, so that a window cannot stay closed", () => {
    const client = greeted()
    sent(client, { type: "gap", from: 0, to: 600 * KIB, reason: "trimmed" })
    expect(client.parsedTo()).toBe(true)
    expect(client.acknowledge()).toEqual({ type: "ack", offset: 600 * KIB })
  })

  test("a new connection forgets those of the old one", () => {
    const client = greeted()
    client.received(bytes(500))
    client.parsedTo(10)
    client.connecting()
    sent(client, hello(500))
    expect(client.acknowledge()).toBeNull()
    client.parsedTo(200)
    expect(client.acknowledge()).toBeNull()
  })
})

describe("reconnecting", () => {
  afterEach(() => void setSystemTime())
  const later = (ms: number) => setSystemTime(Date.now() + ms)
  const backoff = () => {
    const pauses = new Backoff()
    const next = pauses.next.bind(pauses)
    pauses.next = () => next(() => 1)
    return pauses
  }

  test("pauses grow until a connection brings something", () => {
    const client = new AttachClient({ backoff: backoff() })
    const attempt = () => {
      client.connecting()
      return client.lost()
    }
    expect([attempt(), attempt(), attempt()]).toEqual([250, 500, 1_000])
    client.connecting()
    sent(client, hello(0))
    client.received(bytes(1))
    expect(client.lost()).toBe(250)
  })

  test("a greeting alone does not start over, a connection of five seconds does", () => {
    const client = greeted(0, 0, { backoff: backoff() })
    const greetedFor = (ms: number) => {
      client.connecting()
      sent(client, hello(0))
      later(ms)
      return client.lost()
    }
    expect([client.lost(), greetedFor(10), greetedFor(10)]).toEqual([250, 500, 1_000])
    expect(greetedFor(5_000)).toBe(250)
  })

  test("patience runs out after the last good connection, not before", () => {
    setSystemTime(0)
    const client = new AttachClient({ patienceMs: 30_000 })
    client.connecting()
    sent(client, hello(0))
    later(3_600_000)
    expect(client.lost()).not.toBeNull()
    client.connecting()
    later(30_000)
    expect(client.lost()).not.toBeNull()
    client.connecting()
    later(1)
    expect(client.lost()).toBeNull()
  })
})

test.each([
  [CloseCode.notFound, "gone"],
  [CloseCode.unauthorized, "signed-out"],
  [CloseCode.policy, "refused"],
  [CloseCode.tooBig, "refused"],
  [CloseCode.takenOver, "refused"],
  [CloseCode.limit, "busy"],
  [CloseCode.serverStops, "stopping"],
  [CloseCode.ended, "lost"],
  [1006, "lost"],
  [1011, "lost"],
] as const)("close code %d means %s", (code, closing) => expect(closingOf(code)).toBe(closing))

test("input is cut into frames of at most 64 KiB", () => {
  const input = new Uint8Array(150 * KIB).map((_, i) => i)
  const frames = [...inputFrames(input)]
  expect(frames.map(frame => frame.length)).toEqual([64 * KIB, 64 * KIB, 22 * KIB])
  expect(Buffer.concat(frames).equals(input)).toBe(true)
  expect([...inputFrames(new Uint8Array())]).toEqual([])
})
