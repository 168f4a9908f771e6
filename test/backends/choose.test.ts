// Choice of the backend, also on a system without terminals.

import { describe, expect, test } from "bun:test"
import { backendChooser, backendList, chooseBackend } from "../../src/backends/choose.ts"
import { HOLDER_BACKENDS } from "../../src/backends/holder/holder.ts"
import { fixture, inNamespaces } from "../helpers.ts"
import { run, runCommand } from "../spawn.ts"

describe("by name", () => {
  test("auto is a terminal with pipes as the fallback", () => {
    const { backend, fallback } = chooseBackend("auto", false)
    expect([backend.kind, fallback?.kind]).toEqual(["terminal", "pipe"])
  })

  test.each(["terminal", "bun-pty"] as const)(
    "auto is the preferred terminal of the server: %s",
    preferred => {
      const { backend, fallback } = backendChooser(preferred)("auto", false)
      expect([backend.kind, fallback?.kind]).toEqual([preferred, "pipe"])
      expect(backendList(preferred).find(entry => entry.default)?.kind).toBe(preferred)
    },
  )

  test.each(["terminal", "bun-pty", "pipe", "echo"])("%s has no fallback", kind => {
    const { backend, fallback } = chooseBackend(kind, false)
    expect(backend.kind).toBe(kind)
    expect(fallback).toBeUndefined()
  })

  test("separate streams need a backend with pipes", () => {
    expect(chooseBackend("auto", true).backend.kind).toBe("pipe")
    expect(chooseBackend("pipe", true).backend.kind).toBe("pipe")
    for (const kind of ["terminal", "bun-pty", "echo"])
      expect(() => chooseBackend(kind, true)).toThrow(
        expect.objectContaining({ code: "invalid_input", message: expect.stringContaining(kind) }),
      )
  })

  test("a holder runs every backend that can be durable", () => {
    const durable = backendList().filter(({ kind }) => chooseBackend(kind, false).backend.durable)
    expect(durable.length).toBeGreaterThan(2)
    expect(durable.map(({ kind }) => kind).sort()).toEqual(Object.keys(HOLDER_BACKENDS).sort())
  })

  test("an unknown name is rejected with the list of known names", () => {
    const known = ["auto", ...backendList().map(entry => entry.kind)]
    const message = `no backend "telex"; use one of ${known.join(", ")}`
    expect(() => chooseBackend("telex", false)).toThrow(
      expect.objectContaining({ code: "invalid_input", message }),
    )
  })

  test("the list has each backend once, one default, and a reason for each that is unavailable", () => {
    const list = backendList()
    const kinds = list.map(entry => entry.kind)
    expect(kinds).toEqual(expect.arrayContaining(["terminal", "bun-pty", "pipe", "mixed", "echo"]))
    expect(new Set(kinds).size).toBe(kinds.length)
    expect(list.filter(entry => entry.default).map(entry => entry.kind)).toEqual(["terminal"])
    expect(list.every(entry => entry.available === (entry.why === undefined))).toBe(true)
  })
})

const hidden = inNamespaces("--mount")

describe.if(hidden !== null)("without terminals", () => {
  test.each(["terminal", "bun-pty"])("auto with %s uses pipes and warns with the reason", async preferred => {
    const report = await withoutTerminals(preferred, "auto")
    expect(report).toMatchObject({ backend: "pipe", text: "hello\n" })
    expect(report.warnings).toEqual([
      expect.stringMatching(/^no terminal .*pipes.*: .*(PTY|open a terminal)/),
    ])
  })

  test.each(["terminal", "bun-pty"])("%s chosen by name is unavailable", async kind => {
    expect(await withoutTerminals("auto", kind)).toMatchObject({ code: "unavailable" })
  })
})

type Report = { backend?: string; warnings?: string[]; text?: string; code?: string }

/** Runs the fixture with an empty /dev/pts. */
async function withoutTerminals(preferred: string, kind: string): Promise<Report> {
  const hide = 'mount -t tmpfs none /dev/pts && mount --bind /dev/null /dev/ptmx && exec "$@"'
  const command = ["sh", "-c", hide, "sh", ...runCommand(fixture("without-pty.ts"), preferred, kind)]
  const { stdout, stderr } = await run([...hidden!, ...command])
  if (stdout === "") throw new Error(`the terminals could not be hidden: ${stderr}`)
  return JSON.parse(stdout) as Report
}
