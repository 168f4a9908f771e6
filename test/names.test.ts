// A type's name means one thing in the whole of src and web.

import { expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dir, "..")

/** Names that two folders export on purpose, with the reason. */
const EXPLAINED: Record<string, string> = {}

const EXPORTED = /^export (?:declare )?(?:abstract )?(?:type|interface|class|enum) ([A-Za-z_]\w*)/gm

/** Exported type names with the files that declare them. A schema and its type share a name in one file. */
function declarations(files: [path: string, source: string][]): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>()
  for (const [path, source] of files)
    for (const [, name] of source.matchAll(EXPORTED))
      found.set(name!, (found.get(name!) ?? new Set()).add(path))
  return found
}

const repeated = (files: [path: string, source: string][]) =>
  [...declarations(files)]
    .filter(([name, paths]) => paths.size > 1 && !(name in EXPLAINED))
    .map(([name, paths]) => `${name}: ${[...paths].sort().join(", ")}`)

const sources = [...new Bun.Glob("{src,web}/**/*.ts").scanSync({ cwd: root })]
  .sort()
  .map((path): [string, string] => [path, readFileSync(join(root, path), "utf8")])

test("no exported type name has two meanings", () => {
  expect(declarations(sources).size).toBeGreaterThan(200)
  expect(repeated(sources)).toEqual([])
})

test("every explained name is still exported twice", () => {
  const names = declarations(sources)
  expect(Object.keys(EXPLAINED).filter(name => (names.get(name)?.size ?? 0) < 2)).toEqual([])
})

test("the check can fail", () => {
  expect(
    repeated([
      ["src/a/x.ts", "export class Feed {}"],
      ["src/b/y.ts", "export type Feed = string"],
      ["web/z.ts", "export type Other = 1\ntype Feed = 2"],
    ]),
  ).toEqual(["Feed: src/a/x.ts, src/b/y.ts"])
})
