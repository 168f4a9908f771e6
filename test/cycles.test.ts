// No file imports itself through others: dynamic imports count, type-only imports do not.

import { expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { importedFiles } from "./imports.ts"

const root = join(import.meta.dir, "..")

type Graph = Map<string, string[]>

const graphOf = (files: [path: string, source: string][]): Graph =>
  new Map(files.map(([path, source]) => [path, importedFiles(path, source)]))

/** Groups of files that reach each other (Tarjan's strongly connected components), each sorted. */
function cycles(graph: Graph): string[][] {
  const low = new Map<string, number>()
  const path: string[] = []
  const found: string[][] = []
  const visit = (file: string): number => {
    const index = low.size
    low.set(file, index)
    path.push(file)
    let lowest = index
    for (const next of graph.get(file) ?? []) {
      if (!low.has(next)) lowest = Math.min(lowest, visit(next))
      else if (path.includes(next)) lowest = Math.min(lowest, low.get(next)!)
    }
    low.set(file, lowest)
    if (lowest === index) {
      const group = path.splice(path.indexOf(file))
      if (group.length > 1 || graph.get(file)?.includes(file)) found.push(group.sort())
    }
    return lowest
  }
  for (const file of graph.keys()) if (!low.has(file)) visit(file)
  return found
}

test("no cycle of files", () => {
  const files = [...new Bun.Glob("{src,web,bin}/**/*.ts").scanSync({ cwd: root })].sort()
  const graph = graphOf(files.map(path => [path, readFileSync(join(root, path), "utf8")]))
  expect([...graph.values()].flat().length).toBeGreaterThan(1000)
  expect(cycles(graph)).toEqual([])
})

test("the check can fail", () => {
  const graph = graphOf([
    ["src/a.ts", 'import { b } from "./x/b.ts"\nimport type { D } from "./d.ts"'],
    ["src/x/b.ts", 'const c = () => import("../c.ts")'],
    ["src/c.ts", 'export * from "./a.ts"'],
    ["src/d.ts", 'import { a } from "./a.ts"\nimport { type C } from "./c.ts"'],
  ])
  expect(cycles(graph)).toEqual([["src/a.ts", "src/c.ts", "src/x/b.ts"]])
})
