// Units of MOP that need no server: the escape filter, elements, the hash, Base64 and request fields.

import { describe, expect, test } from "bun:test"
import { ENDPOINTS } from "../../../src/compat/mop/http/endpoints.ts"
import { Invalid, parseFields, parseObject } from "../../../src/compat/mop/http/fields.ts"
import { ElementLog, MAX_ELEMENTS, MAX_RETAINED } from "../../../src/compat/mop/session/element-log.ts"
import { arrayOf, asciiJson, outputHash } from "../../../src/compat/mop/session/hash.ts"
import { SgrFilter } from "../../../src/compat/mop/session/sgr.ts"
import { fromBase64 } from "../../../src/compat/mop/session/waivers.ts"
import { ByteLog } from "../../../src/core/log/log.ts"

const bytes = (text: string) => new Uint8Array(Buffer.from(text))
const filtered = (...pieces: string[]) => {
  const filter = new SgrFilter()
  return pieces.map(piece => Buffer.from(filter.pass(bytes(piece))).toString()).join("")
}

const CASES: [what: string, input: string, left: string][] = [
  [
    "colours remain",
    "\x1b[31mred\x1b[0m\x1b[1;4;38;5;9mx\x1b[m",
    "\x1b[31mred\x1b[0m\x1b[1;4;38;5;9mx\x1b[m",
  ],
  ["cursor and erase sequences are removed", "a\x1b[2Jb\x1b[10;20Hc\x1b[?25ld", "abcd"],
  ["private and sub-parameter forms of m are removed", "\x1b[>4;1ma\x1b[?1mb\x1b[4:3mc", "abc"],
  ["OSC ended by BEL and by ST", "\x1b]0;t\x07a\x1b]8;;http://x\x1b\\b", "ab"],
  ["DCS, APC, PM, SOS", "\x1bPq#1\x1b\\a\x1b_x\x1b\\b\x1b^y\x1b\\c\x1bXz\x1b\\d", "abcd"],
  ["BEL does not end a DCS", "\x1bPa\x07b\x1b\\c", "c"],
  ["charset and two-byte escapes", "\x1b(Ba\x1b)0b\x1b=c\x1b7d\x1bMe\x1b#8f", "abcdef"],
  [
    "C1 controls in UTF-8; colours become ESC sequences",
    "a\u009b31mb\u009b2Jc\u009d0;t\u009cd\u0090x\u009c",
    "a\x1b[31mbcd",
  ],
  ["an interrupted sequence", "\x1b[3\x1b[32mx\x1b]0;t\x1b[33my", "\x1b[32mx\x1b[33my"],
  ["CAN and SUB abort", "\x1b[31\x18a\x1b]0;t\x1ab", "ab"],
  ["controls inside a sequence are executed", "\x1b[3\n1mx", "\n\x1b[31mx"],
  ["text with characters", "é°\u00a0ü\u{1F600}\x1b[0mß", "é°\u00a0ü\u{1F600}\x1b[0mß"],
  ["a lone ESC at the end waits", "a\x1b", "a"],
]

describe("only colours and styles remain", () => {
  test.each(CASES)("%s", (_, input, left) => {
    expect(filtered(input)).toBe(left)
  })

  test.each(CASES)("%s, split at every offset", (_, input, left) => {
    const whole = bytes(input)
    for (let at = 1; at < whole.length; at++) {
      const filter = new SgrFilter()
      const [first, second] = [whole.slice(0, at), whole.slice(at)]
      // callers never split a character
      if ((second[0]! & 0xc0) === 0x80) continue
      const got = Buffer.concat([Uint8Array.from(filter.pass(first)), filter.pass(second)]).toString()
      expect([at, got]).toEqual([at, left])
    }
  })

  test("an unterminated string does not swallow all later output", () => {
    const filter = new SgrFilter()
    filter.pass(bytes("\x1b]0;"))
    for (let i = 0; i < 20; i++) filter.pass(bytes("x".repeat(65536)))
    expect(Buffer.from(filter.pass(bytes("after"))).toString()).toBe("after")
  })
})

test("the hash and its escapes match the contract's vectors", () => {
  const hash = (stdout: string[], stderr: string[]) =>
    outputHash(arrayOf(stdout.map(asciiJson)), arrayOf(stderr.map(asciiJson)))
  expect(hash([], [])).toBe("366d1fa8cfe39ff83f589dbb7465bc6d")
  expect(hash(["bash-5.2# "], [])).toBe("1c12e2e0f70cf39b7f27f3071076d1e2")
  expect(hash(["out\n"], ["err\n"])).toBe("0634644342fc97501f56eb2c81ef4d9f")
  expect(asciiJson('\n\r\t\b\f"\\\x01\x7fé€\u{1F600}')).toBe(
    '"\\n\\r\\t\\b\\f\\"\\\\\\u0001\\u007f\\u00e9\\u20ac\\ud83d\\ude00"',
  )
})

describe("elements", () => {
  const newLog = (filter = true) => new ElementLog(new ByteLog(MAX_RETAINED + 65536), filter)
  const texts = (t: ElementLog, raw = false, ended = false): string[] =>
    t.literals(raw, ended).map(json => JSON.parse(json) as string)
  /** Adds the output of one read at a time in ms. */
  const print = (t: ElementLog, text: string | Uint8Array, at: number) => {
    t.log.append(typeof text === "string" ? bytes(text) : text)
    t.update(at)
  }

  test("reads within 5 ms form one element; a read element never changes", () => {
    const t = newLog()
    print(t, "a", 1000)
    print(t, "b", 1004)
    print(t, "c", 1010)
    expect(texts(t)).toEqual(["ab", "c"])
    print(t, "d", 1011)
    expect(texts(t)).toEqual(["ab", "c", "d"])
  })

  test("elements end at whole characters; an incomplete one waits", () => {
    const t = newLog()
    const now = performance.now()
    print(t, Uint8Array.of(0x61, 0xc3), now)
    expect(texts(t)).toEqual(["a"])
    print(t, Uint8Array.of(0xa9, 0x62), now + 20)
    expect(texts(t)).toEqual(["a", "éb"])
  })

  test("an incomplete character is shown after 100 ms", () => {
    const t = newLog()
    print(t, Uint8Array.of(0x61, 0xc3), performance.now() - 200)
    expect(texts(t)).toEqual(["a\ufffd"])
  })

  test("long reads are cut to 64 KiB at whole characters", () => {
    const t = newLog()
    print(t, "é".repeat(50_000), 0)
    const all = texts(t)
    expect(all.join("")).toBe("é".repeat(50_000))
    expect(Math.max(...all.map(text => Buffer.byteLength(text)))).toBeLessThanOrEqual(65536)
  })

  test("an element that filters to nothing is only in raw output", () => {
    const t = newLog()
    print(t, "\x1b[2J", 0)
    print(t, "x", 50)
    expect(texts(t)).toEqual(["x"])
    expect(texts(t, true).map(text => Buffer.from(text, "base64").toString())).toEqual(["\x1b[2J", "x"])
  })

  test("the newest 9,000 elements and the newest MiB are retained", () => {
    const many = newLog()
    for (let i = 0; i < MAX_ELEMENTS + 100; i++) print(many, `${i};`, i * 10)
    expect(texts(many).length).toBe(MAX_ELEMENTS)
    expect(texts(many)[0]).toBe("100;")
    const much = newLog()
    for (let i = 0; i < 40; i++) print(much, "x".repeat(60_000), i * 10)
    const total = texts(much).join("").length
    expect(total).toBeLessThanOrEqual(MAX_RETAINED)
    expect(total).toBeGreaterThan(MAX_RETAINED - 60_001)
  })

  test("the rest of a sequence that started in trimmed output is removed", () => {
    const t = newLog()
    print(t, "x".repeat(MAX_RETAINED - 10), 0)
    print(t, "\x1b]0;tit", 100)
    print(t, "le\x07E", 200)
    print(t, "y".repeat(20), 300)
    expect(texts(t).join("")).toEndWith(`E${"y".repeat(20)}`)
    expect(texts(t).join("")).not.toContain("le")
  })

  test("output that the log skipped is left out; later output is shown", () => {
    const t = newLog()
    print(t, "before", 0)
    t.log.skipTo(100_000)
    expect(texts(t)).toEqual([])
    print(t, "after", 100)
    expect(texts(t)).toEqual(["after"])
    expect(t.base).toBe(100_000)
  })

  test("the marker is the last element, also in Base64", () => {
    const t = newLog()
    print(t, "bye", 0)
    t.end("[PROCESS EXITED with code 7]")
    expect(texts(t, false, true)).toEqual(["bye", "[PROCESS EXITED with code 7]"])
    expect(texts(t, true, true).map(text => Buffer.from(text, "base64").toString())).toEqual([
      "bye",
      "[PROCESS EXITED with code 7]",
    ])
  })
})

test("Base64 in either alphabet, padding optional, whitespace ignored, nothing else", () => {
  for (const good of ["-_8=", "+/8=", "-_8", " +/\n8 "])
    expect([good, [...fromBase64(good)!]]).toEqual([good, [0xfb, 0xff]])
  for (const bad of ["!!!!", "a", "ab=c", "abc===", "é", "ab\u00a0c"])
    expect([bad, fromBase64(bad)]).toEqual([bad, null])
  expect(fromBase64("")).toHaveLength(0)
})

describe("request bodies", () => {
  const fields = (path: string) => ENDPOINTS.find(endpoint => endpoint.path === path)!.fields
  const types = (path: string, text: string) => {
    try {
      parseFields(fields(path), parseObject(text))
      return []
    } catch (error) {
      return (error as Invalid).issues.map(({ type, loc }) => `${type} ${loc.join(".")}`)
    }
  }
  const WRONG: [path: string, body: string, ...issues: string[]][] = [
    ["/mop/init", "", "missing body"],
    ["/mop/init", "{", "json_invalid body"],
    ["/mop/init", "[]", "model_attributes_type body"],
    ["/mop/init", '{"echo":"maybe"}', "bool_parsing body.echo"],
    ["/mop/init", '{"echo":null,"use_pipe":2}', "bool_parsing body.echo", "bool_parsing body.use_pipe"],
    ["/mop/init", '{"attic":true}', "literal_error body.attic"],
    ["/mop/init", '{"attic":5}', "string_type body.attic"],
    ["/mop/write", "{}", "missing body.key", "missing body.stdin"],
    ["/mop/write", '{"key":1,"stdin":"x"}', "string_type body.key"],
    [
      "/mop/waiver",
      '{"key":"k","waivers":[],"remove":{}}',
      "dict_type body.waivers",
      "list_type body.remove",
    ],
    ["/mop/signal", '{"key":"k","signal":"FOO"}', "literal_error body.signal"],
    ["/mop/cosmetics/set_tags", '{"key":"k","tags":"x"}', "list_type body.tags"],
  ]
  test.each(WRONG)("%s %s", (path, body, ...issues) => {
    expect(types(path, body)).toEqual(issues)
  })

  test("an issue has the contract's shape", () => {
    expect(() => parseFields(fields("/mop/read"), {})).toThrow(Invalid)
    try {
      parseFields(fields("/mop/read"), {})
    } catch (error) {
      expect((error as Invalid).issues).toEqual([
        { type: "missing", loc: ["body", "key"], msg: "Field required", input: {} },
      ])
    }
  })

  test("booleans are lax", () => {
    for (const yes of [true, 1, "TRUE", "t", "Yes", "y", "on", "1"])
      expect(parseFields(fields("/mop/init"), { echo: yes })).toMatchObject({ echo: true })
    for (const no of [false, 0, "False", "f", "NO", "n", "off", "0"])
      expect(parseFields(fields("/mop/init"), { echo: no })).toMatchObject({ echo: false })
    for (const none of [false, null, ""])
      expect(types("/mop/init", JSON.stringify({ attic: none }))).toEqual([])
  })
})
