// The project's prose is plain English: no listed idiom, no comment line that is too long.

import { describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { idiomsIn, longComments } from "./prose.ts"

const root = join(import.meta.dir, "..")
const CODE = "{src,web,bin,test}/**/*.{ts,mjs,html,css}"
const PAGES = ["*.md", "docs/**/*.md", ".github/**/*.md"]
/** These two list the idioms themselves. */
const OWN = ["test/prose.ts", "test/prose.test.ts"]

const scan = (glob: string) => [...new Bun.Glob(glob).scanSync({ cwd: root, dot: true })].sort()
const read = (path: string) => readFileSync(join(root, path), "utf8")
const code = scan(CODE).filter(path => !OWN.includes(path))

test("no idiom in comments, messages, help and documents", () => {
  const pages = PAGES.flatMap(scan)
  expect(pages.length).toBeGreaterThan(10)
  const files = [...code, ...pages]
  expect(files.length).toBeGreaterThan(400)
  const found = files.flatMap(path =>
    idiomsIn(path, read(path)).map(({ line, text }) => `${path}:${line} ${text}`),
  )
  expect(found).toEqual([])
})

test("no comment line over 110 columns", () => {
  const found = code.flatMap(path =>
    longComments(read(path)).map(({ line, text }) => `${path}:${line} ${text}`),
  )
  expect(found).toEqual([])
})

describe("the check can fail", () => {
  const bad = [
    "// Closes the socket behind the server.",
    "/** Everything but for the last byte. */",
    'throw new Error("nobody is there")',
    "const text = `made anew by a client`",
  ]
  test.each(bad)("%s", source => expect(idiomsIn("src/x.ts", `\n${source}`)[0]?.line).toBe(2))
  test("a document", () => expect(idiomsIn("docs/x.md", "Whoever asks.")).toHaveLength(1))
  test("a long comment", () => expect(longComments(`  // ${"x".repeat(120)}`)).toHaveLength(1))
})

describe("what is no prose passes", () => {
  const good = ["const behind = 1", 'const word = "nobody"', "#behind(max: number) {}", "// after the server"]
  test.each(good)("%s", source => expect(idiomsIn("src/x.ts", source)).toEqual([]))
})
