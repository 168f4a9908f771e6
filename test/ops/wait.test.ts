// wait: what ends it, the exact cursor, and that no pattern blocks the server.

import { expect, test } from "bun:test"
import { installed } from "../helpers.ts"
import { failing, type Opened, onEverySurface } from "./surfaces.ts"

const bytes = (text: string) => new TextEncoder().encode(text)

/** Starts a session whose output the test prints. */
async function silent(s: Opened): Promise<{ id: string; print: (text: string | Uint8Array) => void }> {
  const id = await s.server.start("read x", { backend: "pipe" })
  const { sink } = s.server.sessions.get(id)
  return { id, print: text => sink.output(typeof text === "string" ? bytes(text) : text.slice(), "stdout") }
}

onEverySurface("wait", open => {
  test("for the exit", async () => {
    await using s = open()
    const id = await s.server.start("printf bye; exit 7")
    const answer = await s.call("wait", { id, until: { exit: true } })
    expect(answer).toMatchObject({
      outcome: "exit",
      cursor: 3,
      data: "bye",
      matched: null,
      state: "finished",
    })
    expect(answer.exit).toMatchObject({ code: 7, signal: null })
    expect(await s.call("wait", { id, until: { exit: true } })).toEqual(answer)
  })

  test("for text that is already there, without consuming it", async () => {
    await using s = open()
    const { id, print } = await silent(s)
    print("one two two")
    for (let i = 0; i < 2; i++)
      expect(await s.call("wait", { id, until: { match: ["two"] } })).toMatchObject({
        outcome: "match",
        matched: "two",
        pattern: "two",
        cursor: 7,
        data: "one two",
        exit: null,
        state: "running",
      })
    expect((await s.call("wait", { id, from: 7, until: { match: ["two"] } })).cursor).toBe(11)
  })

  test("matches across every boundary of two outputs, with the exact cursor", async () => {
    await using s = open()
    const text = bytes("ä\x1b[1mne\x1b[0med\x1b]0;needle?\x07le猫 after")
    const cursor = text.length - bytes(" after").length
    for (let cut = 1; cut < text.length; cut++) {
      const { id, print } = await silent(s)
      const waiting = s.call("wait", { id, until: { match: ["needle猫"] } })
      print(text.slice(0, cut))
      // One turn of the event loop, so that the search sees the first part alone.
      await s.call("get", { id })
      print(text.slice(cut))
      const { outcome, matched, cursor: at } = await waiting
      expect([outcome, matched, at]).toEqual(["match", "needle猫", cursor])
      s.server.sessions.remove(s.server.sessions.get(id))
    }
  })

  test("of several patterns the leftmost match wins, of two at one position the first listed", async () => {
    await using s = open()
    const { id, print } = await silent(s)
    print("xx error: disk full yy")
    const answer = await s.call("wait", {
      id,
      until: { match: ["full"], regex: ["(\\w+): (\\w+)( never)?", "err"] },
    })
    expect(answer).toMatchObject({
      matched: "error: disk",
      pattern: "(\\w+): (\\w+)( never)?",
      groups: ["error", "disk", null],
      cursor: 14,
    })
  })

  test("^ and $ match at line ends, also before CR LF", async () => {
    await using s = open()
    const { id, print } = await silent(s)
    print("not done yet\r\ndone\r\n$ ")
    const answer = await s.call("wait", { id, until: { regex: ["^done$"] } })
    expect([answer.outcome, answer.cursor]).toEqual(["match", 18])
  })

  test("for silence", async () => {
    await using s = open()
    const id = await s.server.start("for i in 1 2 3 4 5 6; do printf $i; sleep 0.03; done; sleep 60")
    const answer = await s.call("wait", { id, until: { idle_ms: 400 } })
    expect([answer.outcome, answer.data]).toEqual(["idle", "123456"])
  })

  test("times out", async () => {
    await using s = open()
    const { id, print } = await silent(s)
    print("so far")
    const answer = await s.call("wait", { id, until: { match: ["never"] }, timeout_ms: 50 })
    expect(answer).toMatchObject({ outcome: "timeout", matched: null, cursor: 6, data: "so far" })
    expect((await s.call("wait", { id, until: { match: ["so"] }, timeout_ms: 0 })).outcome).toBe("match")
  })

  test("the exit ends a wait for text, and a removed session cancels it", async () => {
    await using s = open()
    const id = await s.server.start("read x; exit 2")
    const waiting = s.call("wait", { id, until: { match: ["never"] } })
    await s.call("write", { id, text: "\n" })
    expect(await waiting).toMatchObject({ outcome: "exit", exit: { code: 2 } })
    const other = await silent(s)
    const cancelled = s.call("wait", { id: other.id, until: { match: ["never"] } })
    await s.call("get", { id: other.id })
    s.server.sessions.remove(s.server.sessions.get(other.id))
    expect((await cancelled).outcome).toBe("cancelled")
  })

  test("searches only output after `from`", async () => {
    await using s = open()
    const { id, print } = await silent(s)
    print("prompt$ ")
    const waiting = s.call("wait", { id, from: -1, until: { match: ["$ "] } })
    await s.call("get", { id })
    print("ls\nfile\nprompt$ ")
    expect(await waiting).toMatchObject({ cursor: 24, data: "ls\nfile\nprompt$ " })
    expect(await s.call("wait", { id, from: -3, until: { match: ["t"] } })).toMatchObject({
      cursor: 22,
      data: "t",
    })
  })

  test("errors name an invalid or too costly expression", async () => {
    await using s = open()
    const { id } = await silent(s)
    for (const pattern of ["(", "[z-a]", "a**", "(?<=x)y", "\\1", "(a{1,1000}){1,1000}"])
      expect(
        (await failing(s.call("wait", { id, until: { regex: ["fine", pattern] } }), "invalid_input")).message,
      ).toContain(JSON.stringify(pattern))
  })

  test("no condition is rejected", async () => {
    await using s = open()
    const { id } = await silent(s)
    const nothing = [
      {},
      { exit: false },
      { match: [] },
      { regex: [] },
      { match: [""] },
      { idle_ms: 0 },
      { colour: 1 },
    ]
    for (const until of nothing) await failing(s.call("wait", { id, until: until as never }), "invalid_input")
    await failing(s.call("wait", { id } as never), "invalid_input")
    await failing(s.call("wait", { id, until: { exit: true }, timeout_ms: 30_001 }), "invalid_input")
  })

  test("expressions that block other engines do not block the server", async () => {
    await using s = open()
    const { id, print } = await silent(s)
    print("a".repeat(100_000))
    const regex = ["(a+)+$x", "(a|aa)+$x", "(.*)*x", "(a?){50}a{50}x"]
    const waiting = s.call("wait", { id, until: { regex }, timeout_ms: 1500 })
    let slowest = 0
    for (let i = 0; i < 20; i++) {
      const begun = performance.now()
      await s.server.call("server", {})
      slowest = Math.max(slowest, performance.now() - begun)
    }
    expect(slowest).toBeLessThan(500)
    expect((await waiting).outcome).toBe("timeout")
  })

  test("finds a match in a flood of output", async () => {
    await using s = open()
    const id = await s.server.start("seq 1 200000; echo need''le; seq 1 2000; read x", { log_limit: 8 << 20 })
    const answer = await s.call("wait", { id, until: { match: ["needle"], regex: ["n[e]{2}dle"] } })
    expect(answer.outcome).toBe("match")
    const { data } = await s.call("read", { id, from: answer.cursor - 6, max_bytes: 8 })
    expect(data).toBe("needle\r\n")
  }, 20_000)
})

onEverySurface("wait, the caller disconnects", open => {
  test("the wait ends and the session continues", async () => {
    await using s = open()
    const { id } = await silent(s)
    const gone = new AbortController()
    const answer = s.server.fetch(`/v1/sessions/${id}/wait`, {
      method: "POST",
      body: { until: { exit: true } },
      signal: gone.signal,
    })
    await s.call("get", { id })
    gone.abort()
    expect(await answer.catch(error => error.name)).toBe("AbortError")
    expect((await s.call("get", { id })).state).toBe("running")
    expect(s.server.faults).toEqual([])
  })
})

onEverySurface("wait for input", open => {
  const waits = async (s: Opened, argv: string[], typed?: string) => {
    const id = (await s.call("create", { argv, env: { HISTFILE: "" } })).id
    if (typed) await s.call("write", { id, text: typed })
    return s.call("wait", { id, until: { input: true, exit: true } })
  }

  test("of a program that reads its terminal, after all its output", async () => {
    await using s = open()
    const script = "sleep 0.3; printf 'name? '; read name; sleep 0.3; printf 'age? '; read age"
    const id = await s.server.start(script)
    expect(await s.call("wait", { id, until: { input: true } })).toMatchObject({
      outcome: "input",
      data: "name? ",
    })
    await s.call("write", { id, text: "ann\n" })
    const second = await s.call("wait", { id, until: { input: true } })
    expect([second.outcome, second.data]).toEqual(["input", "name? ann\r\nage? "])
    await s.call("write", { id, text: "7\n" })
    expect((await s.call("wait", { id, until: { input: true, exit: true } })).outcome).toBe("exit")
  })

  const allWait = async (programs: string[][]) => {
    await using s = open()
    for (const argv of programs) expect([argv[0], (await waits(s, argv)).outcome]).toEqual([argv[0], "input"])
  }

  test("of shells, of a program that selects, of a child in the foreground", () =>
    allWait([
      ["bash", "--norc"],
      ["cat"],
      ["perl", "-e", 'select(my $r = "\\1", undef, undef, undef)'],
      ["sh", "-c", "true; sh -c 'true; cat'; true"],
    ]))

  test.skipIf(!installed("vim", "less"))("of programs that poll and watch their terminal", () =>
    allWait([
      ["vim", "-u", "NONE", "-N"],
      ["less", "/etc/passwd"],
    ]),
  )

  test("of a program that reads /dev/tty", async () => {
    await using s = open()
    expect((await waits(s, ["sh", "-c", "read secret </dev/tty"])).outcome).toBe("input")
  })

  test("not of a program that computes, sleeps, or reads something else", async () => {
    await using s = open()
    for (const script of [
      "sleep 60",
      "while :; do :; done",
      "sleep 60 | cat",
      "exec 3<&0; cat <(sleep 60)",
    ]) {
      const { id } = await s.call("create", { argv: ["bash", "-c", script] })
      const { outcome } = await s.call("wait", { id, until: { input: true }, timeout_ms: 400 })
      expect([script, outcome]).toEqual([script, "timeout"])
      await s.call("end", { id, grace_ms: 0 })
    }
  })

  test("is rejected without a terminal", async () => {
    await using s = open()
    const id = await s.server.start("cat", { backend: "pipe" })
    const { message } = await failing(s.call("wait", { id, until: { input: true } }), "invalid_input")
    expect(message).toContain("it has no terminal")
  })
})
