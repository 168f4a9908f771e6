// Every export of src and web is imported by another file of the project.

import { describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { dirname, join, normalize } from "node:path"
import manifest from "../package.json" with { type: "json" }

const root = join(import.meta.dir, "..")

type Source = [path: string, code: string]

/** Exports that only users of the package import: the entry points of package.json. */
const ENTRIES = Object.values(manifest.exports)
  .flatMap(entry => (typeof entry === "string" ? [entry] : Object.values(entry)))
  .map(path => normalize(path))

const DECLARED =
  /^export (?:declare |abstract |async )*(?:function\*?|class|const|let|type|interface|enum) ([A-Za-z_$][\w$]*)/gm
const LISTED = /^export (?:type )?\{([^}]*)\}/gm
const IMPORTED = /\b(?:import|export)\s+(?:type\s+)?\{([^}]*)\}\s*from\s*"([.#][^"]+)"/g
/** Imports that give a whole module: the names used are looked for in the file's text. */
const WHOLE = /\bimport\s*\(\s*"(\.[^"]+)"|\*(?: as \w+)? from\s*"(\.[^"]+)"/g

/** The names in `a, type b, c as d`: those before `as`, or those after it. */
const namesIn = (list: string, after: boolean): string[] =>
  list
    .split(",")
    .map(
      part =>
        part
          .trim()
          .replace(/^type /, "")
          .split(" as ")
          .at(after ? -1 : 0)!,
    )
    .filter(Boolean)

const exportsOf = (code: string): string[] => [
  ...[...code.matchAll(DECLARED)].map(match => match[1]!),
  ...[...code.matchAll(LISTED)].flatMap(match => namesIn(match[1]!, true)),
]

/** The files that `#runtime/name.ts` means (package.json, "imports"). */
const runtimeFiles = (specifier: string): string[] =>
  Object.values(manifest.imports["#runtime/*"]).map(path =>
    normalize(path.replace("*", specifier.slice("#runtime/".length))),
  )

/** Returns "path: name" for every export that no other file imports. */
function unused(sources: Source[], entries: string[]): string[] {
  const named = new Set<string>()
  const whole = new Map<string, string[]>()
  for (const [path, code] of sources) {
    const target = (specifier: string) => normalize(join(dirname(path), specifier))
    for (const [, list, specifier] of code.matchAll(IMPORTED))
      for (const file of specifier!.startsWith("#") ? runtimeFiles(specifier!) : [target(specifier!)])
        for (const name of namesIn(list!, false)) named.add(`${file}: ${name}`)
    for (const [, dynamic, star] of code.matchAll(WHOLE)) {
      const file = target((dynamic ?? star)!)
      whole.set(file, [...(whole.get(file) ?? []), code])
    }
  }
  const mentioned = (path: string, name: string) =>
    whole.get(path)?.some(code => new RegExp(`\\b${name}\\b|\\bexport \\*`).test(code)) ?? false
  return sources
    .filter(([path]) => /^(src|web)\//.test(path) && !entries.includes(path))
    .flatMap(([path, code]) =>
      [...new Set(exportsOf(code))]
        .filter(name => !named.has(`${path}: ${name}`) && !mentioned(path, name))
        .map(name => `${path}: ${name}`),
    )
}

test("no unused export", () => {
  const sources = [...new Bun.Glob("{src,web,bin,test}/**/*.ts").scanSync({ cwd: root })]
    .sort()
    .map((path): Source => [path, readFileSync(join(root, path), "utf8")])
  expect(sources.flatMap(([, code]) => exportsOf(code)).length).toBeGreaterThan(1000)
  expect(unused(sources, ENTRIES)).toEqual([])
})

describe("the check can fail", () => {
  const library: Source = ["src/lib/a.ts", "export const used = 1\nexport function unused() {}"]
  const cases: [name: string, importer: Source, expected: string[]][] = [
    ["import", ["src/b.ts", 'import { used as one } from "./lib/a.ts"'], ["src/lib/a.ts: unused"]],
    [
      "type import",
      ["test/b.ts", 'import { x, type used } from "../src/lib/a.ts"'],
      ["src/lib/a.ts: unused"],
    ],
    ["dynamic import", ["bin/b.ts", '(await import("../src/lib/a.ts")).used()'], ["src/lib/a.ts: unused"]],
    [
      "another file",
      ["src/b.ts", 'import { used } from "./a.ts"'],
      ["src/lib/a.ts: used", "src/lib/a.ts: unused"],
    ],
    [
      "re-export",
      ["src/b.ts", 'export { used } from "./lib/a.ts"'],
      ["src/b.ts: used", "src/lib/a.ts: unused"],
    ],
    ["entry point", ["src/index.ts", 'export { used, unused } from "./lib/a.ts"'], []],
    ["star", ["src/index.ts", 'export * from "./lib/a.ts"'], []],
  ]
  test.each(cases)("%s", (_, importer, expected) => {
    expect(unused([importer, library], ["src/index.ts"]).sort()).toEqual([...expected].sort())
  })
})
