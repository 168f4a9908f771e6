// screen and search, in process and over HTTP.

import { expect, test } from "bun:test"
import { failing, onEverySurface } from "./surfaces.ts"

const MARKUP = "<script>alert(1)</script> & \"quotes\" 'too'"

onEverySurface("screen", open => {
  test("returns text, JSON, colours and a picture", async () => {
    await using opened = open()
    const { call, server } = opened
    const id = await server.start(
      "printf '\\033]2;the title\\007\\033[31mred\\033[m plain  \\033[4;3H漢字'; read x",
    )
    await call("wait", { id, until: { match: ["漢字"] } })
    expect(await call("screen", { id })).toBe("red plain\n\n\n  漢字\n")
    expect(await call("screen", { id, format: "ansi" })).toContain("\x1b[0;31mred\x1b[m")
    expect(await call("screen", { id, format: "json" })).toMatchObject({
      cols: 120,
      rows: 30,
      cursor: { x: 6, y: 3, visible: true },
      alt: false,
      title: "the title",
      modes: { wraparound: true, mouse: "none" },
      offset: server.sessions.get(id).log.end,
    })
  })

  test("a picture contains output only as text", async () => {
    await using opened = open()
    const { call, server } = opened
    const id = await server.start(`printf '%s' ${JSON.stringify(MARKUP).replaceAll("'", "'")}; read x`)
    await call("wait", { id, until: { match: ["too"] } })
    const svg = (await call("screen", { id, format: "svg" })) as string
    expect(svg).toStartWith("<svg ")
    expect(svg).toContain("&#60;script&#62;alert(1)&#60;/script&#62; &#38;")
    expect(svg.match(/<[a-z]+/g)?.every(tag => ["<svg", "<rect", "<g", "<text"].includes(tag))).toBe(true)
  })

  test("rejects invalid input", async () => {
    await using opened = open()
    const { call, server } = opened
    const id = await server.start("cat")
    await failing(call("screen", { id: "none" }), "not_found")
    await failing(call("screen", { id, format: "png" as "svg" }), "invalid_input")
  })
})

onEverySurface("search", open => {
  test("finds lines without escape sequences, with offsets and context", async () => {
    await using opened = open()
    const { call, server } = opened
    const id = await server.start("printf 'one\\ntwo \\033[31mre\\033[md\\nthree\\n'; read x")
    await call("wait", { id, until: { match: ["three"] } })
    const found = await call("search", { id, q: "red", context: 1 })
    expect(found).toEqual({
      matches: [
        {
          offset: 5,
          text: "two red",
          start: 4,
          end: 7,
          before: [{ offset: 0, text: "one" }],
          after: [{ offset: 22, text: "three" }],
        },
      ],
      from: 0,
      next: null,
    })
    const { matches } = await call("search", { id, regex: "^t\\w+" })
    expect(matches.map(match => match.text)).toEqual(["two red", "three"])
  })

  test("continues where a limited search stopped", async () => {
    await using opened = open()
    const { call, server } = opened
    const id = await server.start("seq 1 5000; read x")
    await call("wait", { id, until: { match: ["5000"] } })
    const seen: string[] = []
    for (let from: number | null = 0; from !== null; ) {
      const part: { matches: { text: string }[]; next: number | null } = await call("search", {
        id,
        q: "99",
        limit: 7,
        from,
      })
      seen.push(...part.matches.map(match => match.text))
      from = part.next
    }
    expect(seen).toEqual(Array.from({ length: 5000 }, (_, i) => `${i + 1}`).filter(n => n.includes("99")))
  })

  test("rejects invalid input", async () => {
    await using opened = open()
    const { call, server } = opened
    const id = await server.start("cat")
    await failing(call("search", { id }), "invalid_input")
    await failing(call("search", { id, q: "a", regex: "b" }), "invalid_input")
    await failing(call("search", { id, q: "" }), "invalid_input")
    await failing(call("search", { id, regex: "(" }), "invalid_input")
    await failing(call("search", { id, q: "a", context: 21 }), "invalid_input")
  })
})
