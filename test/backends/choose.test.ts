// Which backend serves a session, and what happens on a system that really has no terminals.

import { describe, expect, test } from "bun:test"
import { backendChooser, backendList, chooseBackend } from "../../src/backends/choose.ts"
import { fixture, inNamespaces } from "../helpers.ts"

describe("by name", () => {
  test("auto is a terminal that may be replaced by pipes", () => {
    const { backend, fallback } = chooseBackend("auto", false)
    expect([backend.kind, fallback?.kind]).toEqual(["terminal", "pipe"])
  })

  test.each(["terminal", "bun-pty"] as const)("auto is what the server prefers: %s", preferred => {
    const { backend, fallback } = backendChooser(preferred)("auto", false)
    expect([backend.kind, fallback?.kind]).toEqual([preferred, "pipe"])
    expect(backendList(preferred).find(entry => entry.default)?.kind).toBe(preferred)
  })

  test.each(["terminal", "bun-pty", "pipe", "echo"])("%s, and nothing instead", kind => {
    const { backend, fallback } = chooseBackend(kind, false)
    expect(backend.kind).toBe(kind)
    expect(fallback).toBeUndefined()
  })

  test("streams kept apart need pipes", () => {
    expect(chooseBackend("auto", true).backend.kind).toBe("pipe")
    expect(chooseBackend("pipe", true).backend.kind).toBe("pipe")
    for (const kind of ["terminal", "bun-pty", "echo"])
      expect(() => chooseBackend(kind, true)).toThrow(
        expect.objectContaining({ code: "invalid_input", message: expect.stringContaining(kind) }),
      )
  })

  test("an unknown name is refused with the known ones", () => {
    const known = ["auto", ...backendList().map(entry => entry.kind)]
    const message = `no backend "telex": known are ${known.join(", ")}`
    expect(() => chooseBackend("telex", false)).toThrow(
      expect.objectContaining({ code: "invalid_input", message }),
    )
  })

  test("the list has each once, one of them the default, and says why one is not here", () => {
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
  test.each(["terminal", "bun-pty"])("auto with %s uses pipes and says why", async preferred => {
    const told = await withoutTerminals(preferred, "auto")
    expect(told).toMatchObject({ backend: "pipe", text: "hello\n" })
    expect(told.warnings).toEqual([
      expect.stringMatching(/^no terminal to be had, pipes instead: .*(PTY|open a terminal)/),
    ])
  })

  test.each(["terminal", "bun-pty"])("%s asked for by name is unavailable", async kind => {
    expect(await withoutTerminals("auto", kind)).toMatchObject({ code: "unavailable" })
  })
})

type Told = { backend?: string; warnings?: string[]; text?: string; code?: string }

/** Runs the fixture where /dev/pts is empty. */
async function withoutTerminals(preferred: string, kind: string): Promise<Told> {
  const hide = 'mount -t tmpfs none /dev/pts && mount --bind /dev/null /dev/ptmx && exec "$@"'
  const command = ["sh", "-c", hide, "sh", process.execPath, fixture("without-pty.ts"), preferred, kind]
  const child = Bun.spawn([...hidden!, ...command], { stderr: "pipe" })
  const [told, complaint] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ])
  if (told === "") throw new Error(`the terminals could not be hidden: ${complaint}`)
  return JSON.parse(told) as Told
}
