// The package's exports.

import { expect, test } from "bun:test"
import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const fileOf = (name: string): string => fileURLToPath(import.meta.resolve(name))

test("ptyline/terminal is the built component: one module without imports", () => {
  const code = readFileSync(fileOf("ptyline/terminal"), "utf8")
  const { exports, imports } = new Bun.Transpiler({ loader: "js" }).scan(code)
  expect({ exports, imports }).toEqual({ exports: ["PtylineTerminal"], imports: [] })
})

test("the client for Node and browsers contains no server code and nothing of Bun's", () => {
  const code = readFileSync(fileOf("ptyline").replace("src/index.ts", "dist/library/client.js"), "utf8")
  expect(code).toContain("ptylineClient")
  expect(code).not.toMatch(/\bBun\b|node:|\bprocess\./)
  expect(code.length).toBeLessThan(50_000)
})

test("every export of the package resolves", () => {
  const { exports } = JSON.parse(readFileSync(fileOf("ptyline/package.json"), "utf8")) as {
    exports: Record<string, string | Record<string, string>>
  }
  const root = fileOf("ptyline/package.json").replace("package.json", "")
  const files = Object.values(exports).flatMap(door =>
    typeof door === "string" ? [door] : Object.values(door),
  )
  for (const file of files) expect([file, existsSync(root + file)]).toEqual([file, true])
})
