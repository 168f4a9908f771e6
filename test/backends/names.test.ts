// No behaviour outside src/backends depends on a backend's name: surfaces and core ask for its capabilities.

import { describe, expect, test } from "bun:test"
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { backendList } from "../../src/backends/choose.ts"

const root = join(import.meta.dirname, "../..")
const name = `"(?:${backendList()
  .map(({ kind }) => kind)
  .join("|")})"`
const COMPARISONS = [
  `[!=]==?\\s*${name}`,
  `${name}\\s*[!=]==?`,
  `\\bcase ${name}:`,
  `\\.(?:includes|has|startsWith)\\(${name}`,
  `\\[[^\\]]*${name}[^\\]]*\\]\\s*\\.(?:includes|some|indexOf)\\(`,
  `\\bbackend(?:\\.kind)?\\s*[!=]==?`,
].map(source => new RegExp(source))

/** Returns the lines that compare with a backend's name. */
function comparisonsIn(text: string): string[] {
  return text.split("\n").filter(line => COMPARISONS.some(pattern => pattern.test(line)))
}

test("no comparison with a backend's name outside src/backends", () => {
  const files = globSync("src/**/*.ts", { cwd: root }).filter(path => !path.startsWith("src/backends/"))
  expect(files.length).toBeGreaterThan(200)
  const found = files.flatMap(path =>
    comparisonsIn(readFileSync(join(root, path), "utf8")).map(line => `${path}: ${line.trim()}`),
  )
  expect(found).toEqual([])
})

describe("the check can fail", () => {
  const bad = [
    'if (session.backend === "tmux") return',
    'const durable = backend.kind !== "echo"',
    'if ("pipe" === kind) return',
    '    case "bun-pty":',
    'if (["terminal", "pipe"].includes(kind)) return',
    "return session.backend === other.backend",
  ]
  test.each(bad)("%s", line => expect(comparisonsIn(line)).toEqual([line]))
  const good = [
    'backend: usePipe ? "pipe" : "auto",',
    "if (session.recoverable) return",
    'stdio: ["pipe", "ignore"]',
  ]
  test.each(good)("%s passes", line => expect(comparisonsIn(line)).toEqual([]))
})
