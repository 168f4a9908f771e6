// Sessions as text in the page.

import { describe, expect, test } from "bun:test"
import type { SessionInfo } from "../../src/ops/shapes.ts"
import {
  ageText,
  bytesText,
  commandText,
  detailText,
  labelText,
  stateText,
  toneOf,
} from "../../web/page/session-text.ts"
import { controlled } from "../../web/pane/keybar.ts"

const info = (some: Partial<SessionInfo>) =>
  ({
    id: "s_1",
    name: null,
    state: "running",
    argv: ["/bin/bash"],
    cwd: "/home/me",
    backend: "terminal",
    size: { cols: 80, rows: 24 },
    title: "",
    created_at: "2026-01-01T00:00:00Z",
    log: { base: 0, end: 0, limit: 0 },
    exit: null,
    lost: false,
    relaunches: 0,
    lease: null,
    viewers: 0,
    ...some,
  }) as SessionInfo

describe("session text", () => {
  test("the label is the name, or else the title, or else the command", () => {
    expect(labelText(info({ name: "build", title: "vim" }))).toBe("build")
    expect(labelText(info({ title: "vim" }))).toBe("vim")
    expect(labelText(info({}))).toBe("bash")
  })

  test("the detail does not repeat the label", () => {
    expect(detailText(info({ name: "build", title: "vim" }))).toBe("vim")
    expect(detailText(info({ title: "vim" }))).toBe("bash")
    expect(detailText(info({}))).toBe("/home/me")
  })

  test("a shell's script is shown without the shell, arguments as they are typed", () => {
    expect(commandText(info({ argv: ["/bin/bash", "-lc", "make && ./run"] }))).toBe("make && ./run")
    expect(commandText(info({ argv: ["/usr/bin/git", "commit", "-m", "it's done"] }))).toBe(
      "git commit -m 'it'\\''s done'",
    )
  })

  test("an exit is shown with its code or signal", () => {
    const ended = (code: number | null, signal: string | null) =>
      info({ state: "finished", exit: { code, signal, at: "" } })
    expect([stateText(ended(3, null)), toneOf(ended(3, null))]).toEqual(["exited with 3", "failed"])
    expect([stateText(ended(0, null)), toneOf(ended(0, null))]).toEqual(["exited with 0", "done"])
    expect(stateText(ended(null, "SIGKILL"))).toBe("ended by SIGKILL")
  })

  test("ages and amounts are short", () => {
    const now = Date.parse("2026-01-01T05:00:00Z")
    expect(ageText("2026-01-01T00:00:00Z", now)).toBe("5 h")
    expect(ageText("2026-01-01T04:59:30Z", now)).toBe("now")
    expect([bytesText(1), bytesText(12_288), bytesText(3_565_158)]).toEqual(["1 byte", "12 KiB", "3.4 MiB"])
  })

  test("Control changes letters to control characters and nothing else", () => {
    const typed = (text: string) => [...controlled(new TextEncoder().encode(text))]
    expect(typed("c")).toEqual([3])
    expect(typed("[")).toEqual([27])
    expect(typed("é")).toEqual([...new TextEncoder().encode("é")])
    expect(typed("ls")).toEqual([...new TextEncoder().encode("ls")])
  })
})
