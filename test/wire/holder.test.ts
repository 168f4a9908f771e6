// The holder's protocol, pinned: it may grow but never change, because old holders meet new servers.

import { expect, test } from "bun:test"
import {
  FrameSplitter,
  HOLDER_STREAMS,
  HolderFrame,
  holderFrame,
  holderMessage,
  MAX_HOLDER_FRAME,
  outputHeader,
  parseMessage,
  parseOutput,
} from "../../src/wire/holder.ts"

test("numbers of frames and streams", () => {
  expect(HolderFrame).toMatchObject({
    attach: 1,
    input: 2,
    eof: 3,
    resize: 4,
    signal: 5,
    terminate: 6,
    bury: 7,
    awaits: 8,
    hello: 64,
    output: 65,
    resized: 66,
    exit: 67,
    end: 68,
    taken: 69,
    terminated: 70,
    behind: 71,
    typed: 72,
    waiting: 73,
    awaiting: 74,
  })
  expect([...HOLDER_STREAMS]).toEqual(["pty", "stdout", "stderr"])
})

const outputFrame = (stream: number, offset: number, text: string) =>
  Buffer.concat([outputHeader(stream, offset, Buffer.byteLength(text)), Buffer.from(text)])

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex")

test("encoding of frames", () => {
  expect(hex(holderFrame(HolderFrame.eof))).toBe("0100000003")
  expect(hex(holderFrame(HolderFrame.input, new Uint8Array([0, 255])))).toBe("030000000200ff")
  expect(hex(holderMessage("attach", { from: 7 }))).toBe(
    `0b00000001${Buffer.from('{"from":7}').toString("hex")}`,
  )
  expect(hex(outputFrame(2, 1024, "hi"))).toBe("0c000000410200000000000090406869")
})

test("frames are split from a stream that is cut anywhere", () => {
  const sent = [outputFrame(1, 2 ** 40, "output"), holderMessage("behind", { base: 5 }), holderFrame(68)]
  const stream = Buffer.concat(sent)
  for (let size = 1; size <= stream.length; size++) {
    const splitter = new FrameSplitter()
    const got: { type: number; body: Uint8Array }[] = []
    for (let at = 0; at < stream.length; at += size)
      got.push(...splitter.push(stream.subarray(at, at + size)))
    expect(got.map(({ type }) => type)).toEqual([65, 71, 68])
    const output = parseOutput(got[0]!.body)
    expect([output.stream, output.offset, Buffer.from(output.bytes).toString()]).toEqual([
      1,
      2 ** 40,
      "output",
    ])
    expect(parseMessage<"behind">(got[1]!.body)).toEqual({ base: 5 })
  }
})

test("an invalid length is rejected before memory is allocated", () => {
  const length = new Uint8Array(5)
  new DataView(length.buffer).setUint32(0, MAX_HOLDER_FRAME + 1, true)
  expect(() => new FrameSplitter().push(length)).toThrow("invalid frame length")
  expect(() => new FrameSplitter().push(new Uint8Array(5))).toThrow("invalid frame length 0")
})
