// recording, in process and over HTTP: both asciicast versions, live recordings, text, pages, ranges.

import { expect, test } from "bun:test"
import { delay } from "../../src/core/lib/wake.ts"
import { eventually } from "../helpers.ts"
import { collect, parseCast } from "./asciicast.ts"
import { failing, onEverySurface } from "./surfaces.ts"

onEverySurface("recording", open => {
  test("is an asciicast with times, sizes, titles and the exit", async () => {
    await using opened = open()
    const { call, server } = opened
    const id = await server.start(
      "printf 'on\\342'; sleep 0.3; printf '\\200\\224e\\033]2;mark\\007'; read x; exit 3",
      { tags: ["ci"] },
    )
    await call("wait", { id, until: { match: ["e"] } })
    await call("resize", { id, cols: 90, rows: 20 })
    await delay(100)
    await call("write", { id, text: "\r" })
    await call("wait", { id, until: { exit: true } })
    const { header, events } = parseCast(await collect(call("recording", { id })))
    expect(header).toMatchObject({
      term: { cols: 120, rows: 30, type: "xterm-256color" },
      command: expect.stringContaining("/bin/sh -c printf"),
      title: "mark",
      tags: ["ci"],
    })
    const output = events.filter(([, code]) => code === "o")
    expect(output.map(([, , data]) => data).join("")).toBe("on—e\x1b]2;mark\x07\r\n")
    expect(output[1]![0]).toBeWithin(0.2, 2)
    expect(
      events
        .filter(([, code]) => code === "r" || code === "m")
        .map(event => event.slice(1))
        .sort(),
    ).toEqual([
      ["m", "mark"],
      ["r", "90x20"],
    ])
    expect(events.at(-1)!.slice(1)).toEqual(["x", "3"])
    const begun = header.timestamp! * 1000 + events.reduce((sum, [interval]) => sum + interval * 1000, 0)
    expect(Math.abs(begun - server.sessions.get(id).life.exit!.at.getTime())).toBeLessThan(1500)
  })

  test("version 2 has the same output at absolute times, and no exit", async () => {
    await using opened = open()
    const { call, server } = opened
    const id = await server.start("echo one; sleep 0.2; echo two; exit 3")
    await call("wait", { id, until: { exit: true } })
    const [first, ...rest] = (await collect(call("recording", { id, format: "asciicast-v2" })))
      .trim()
      .split("\n")
    expect(JSON.parse(first!)).toMatchObject({
      version: 2,
      width: 120,
      height: 30,
      env: { TERM: "xterm-256color" },
    })
    const events = rest.map(line => JSON.parse(line) as [number, string, string])
    expect(events.map(([, code, data]) => [code, data])).toEqual([
      ["o", "one\r\n"],
      ["o", "two\r\n"],
    ])
    expect(events[1]![0] - events[0]![0]).toBeWithin(0.15, 2)
  })

  test("a resize has its own time, not that of the previous output", async () => {
    await using opened = open()
    const { call, server } = opened
    const id = await server.start("echo one; read x", { cols: 80, rows: 24 })
    await call("wait", { id, until: { match: ["one"] } })
    await delay(300)
    await call("resize", { id, cols: 90, rows: 20 })
    const { events } = parseCast(await collect(call("recording", { id })))
    expect(events.at(-1)!.slice(1)).toEqual(["r", "90x20"])
    expect(events.at(-1)![0]).toBeGreaterThan(0.25)
  })

  test("contains no control characters, so that a terminal can print it", async () => {
    await using opened = open()
    const { call, server } = opened
    const id = await server.start("printf 'a\\302\\233cb\\177\\007'")
    await call("wait", { id, until: { exit: true } })
    const cast = await collect(call("recording", { id }))
    expect(cast).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/)
    expect(parseCast(cast).events[0]![2]).toBe("a\u009bcb\x7f\x07")
  })

  test("a range is cut between characters; a running session has no exit", async () => {
    await using opened = open()
    const { call, server } = opened
    const id = await server.start("printf 'ab漢\\033[1mcd'; read x")
    await call("wait", { id, until: { match: ["cd"] } })
    const { events } = parseCast(await collect(call("recording", { id, from: 3, to: 10 })))
    expect(events).toEqual([[0, "o", "\x1b[1mc"]])
    expect(parseCast(await collect(call("recording", { id, from: 0, to: 4 }))).events[0]![2]).toBe("ab")
    await failing(collect(call("recording", { id, from: 5, to: 2 })), "invalid_input")
    await failing(collect(call("recording", { id, format: "gif" as "text" })), "invalid_input")
    await failing(collect(call("recording", { id, format: "html", follow: true })), "invalid_input")
    await failing(collect(call("recording", { id: "none" })), "not_found")
  })

  test("a range between two times has the output in between, at the size of that time", async () => {
    await using opened = open()
    const { call, server } = opened
    const id = await server.start("echo one; read x; echo two; read x; echo three")
    const marks: string[] = []
    for (const [said, cols] of [
      ["one", 90],
      ["two", 91],
    ] as const) {
      await call("wait", { id, until: { match: [said] } })
      await call("resize", { id, cols, rows: 20 })
      await delay(40)
      marks.push(new Date().toISOString())
      await delay(40)
      await call("write", { id, text: "\r" })
    }
    await call("wait", { id, until: { exit: true } })
    const [since, until] = marks
    const cast = parseCast(await collect(call("recording", { id, since, until })))
    const output = cast.events.filter(([, code]) => code === "o").map(([, , data]) => data)
    expect(output.join("")).toBe("\r\ntwo\r\n")
    expect(cast.header.term).toMatchObject({ cols: 90, rows: 20 })
    expect(cast.events.filter(([, code]) => code === "x")).toEqual([])
    await failing(collect(call("recording", { id, since: until, until: since })), "invalid_input")
  })

  test("a followed session arrives as it prints, cut between characters, and ends with its exit", async () => {
    await using opened = open()
    const { call, server } = opened
    const id = await server.start(
      "printf '漢'; read x; printf '\\346\\274'; sleep 0.1; printf '\\242 two'; exit 4",
    )
    await call("wait", { id, until: { match: ["漢"] } })
    const pieces: string[] = []
    let asked = false
    for await (const piece of await call("recording", { id, follow: true })) {
      pieces.push(piece)
      if (asked || !pieces.join("").includes('"o","漢"')) continue
      asked = true
      expect(server.sessions.get(id).viewers.count).toBe(1)
      await call("write", { id, text: "\r" })
    }
    const { events } = parseCast(pieces.join(""))
    const output = events.filter(([, code]) => code === "o").map(([, , data]) => data)
    expect(output.join("")).toBe("漢\r\n漢 two")
    expect(events.at(-1)!.slice(1)).toEqual(["x", "4"])
    expect(server.sessions.get(id).viewers.count).toBe(0)
  })

  test("a client that stops following is no longer a viewer", async () => {
    await using opened = open()
    const { call, server } = opened
    const id = await server.start("echo ready; cat")
    for await (const piece of await call("recording", { id, follow: true }))
      if (piece.includes("ready")) break
    await eventually(() => server.sessions.get(id).viewers.count === 0, "the viewer to be gone")
  })

  test("text is as on the screen: final progress bars, unwrapped lines", async () => {
    await using opened = open()
    const { call, server } = opened
    const long = "x".repeat(300)
    const id = await server.start(
      `printf ' 10%%\\r 50%%\\r100%%\\n'; printf '\\033[1;31mred\\033[m\\n'; echo ${long}; seq 1 3000; printf '漢 last'`,
    )
    await call("wait", { id, until: { exit: true } })
    const numbers = Array.from({ length: 3000 }, (_, i) => `${i + 1}`)
    expect(await collect(call("recording", { id, format: "text" }))).toBe(
      ["100%", "red", long, ...numbers, "漢 last", ""].join("\n"),
    )
  })

  test("a page is self-contained, has colours, and contains output only as text", async () => {
    await using opened = open()
    const { call, server } = opened
    const name = "<img src=x onerror=alert(1)>"
    const evil = '</pre><script>alert(1)</script><b style=x> & "quoted"'
    const id = await server.start(
      `printf '%s\\n' "$EVIL"; printf '\\033[1;31mred\\033[0;48;2;1;2;3mback\\033[m\\n'; exit 3`,
      {
        name,
        env: { EVIL: evil },
      },
    )
    await call("wait", { id, until: { exit: true } })
    const page = await collect(call("recording", { id, format: "html" }))
    expect(page).toContain(
      "&#60;/pre&#62;&#60;script&#62;alert(1)&#60;/script&#62;&#60;b style=x&#62; &#38; &#34;quoted&#34;",
    )
    expect(page).toContain('<span style="color:#cd0000;font-weight:bold">red</span>')
    expect(page).toContain('<span style="background:#010203">back</span>')
    expect(page).toContain("ended with 3")
    const tags = new Set(page.match(/<[a-z]+/g))
    expect([...tags].sort()).toEqual(
      "<body <code <h <head <header <html <main <meta <p <pre <span <style <title".split(" "),
    )
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`)
    const { headers } = await server.fetch(`/v1/sessions/${id}/recording?format=html`)
    expect(headers.get("content-disposition")).toBe("attachment")
    expect(headers.get("content-security-policy")).toStartWith("default-src 'none'")
  })
})
