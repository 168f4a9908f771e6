// Replies to terminal queries: only the chosen viewer sends them.

import { describe, expect, test } from "bun:test"
import { Terminal } from "@xterm/headless"
import { ReplyGate } from "../../web/term/replies.ts"

/** All queries that xterm.js 6 answers without a screen. */
const QUERIES = {
  DA1: "\x1b[c",
  DA2: "\x1b[>c",
  DSR: "\x1b[5n",
  CPR: "\x1b[6n",
  DECXCPR: "\x1b[?6n",
  DECRQM: "\x1b[4$p",
  "DECRQM private": "\x1b[?2004$p",
  DECRQSS: "\x1bP$qm\x1b\\",
}

async function sent(text: string, mayAnswer: boolean): Promise<string> {
  const terminal = new Terminal({ allowProposedApi: true })
  const gate = new ReplyGate(terminal, () => mayAnswer)
  let out = ""
  terminal.onData(data => {
    if (!gate.closed) out += data
  })
  await new Promise<void>(done => terminal.write(text, done))
  terminal.input("typed", true)
  gate.dispose()
  return out
}

describe("replies", () => {
  for (const [name, query] of Object.entries(QUERIES)) {
    test(`${name} is answered by the chosen viewer`, async () => {
      expect((await sent(query, true)).length).toBeGreaterThan("typed".length)
    })

    test(`${name} is not answered by another viewer, whose keys still work`, async () => {
      expect(await sent(query, false)).toBe("typed")
    })
  }
})
