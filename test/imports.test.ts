// The project guards its shape: no file imports what its folder may not, and only the seam knows the runtime.

import { describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { folderOf, RULES, RUNTIMES, violations } from "./imports.ts"

const root = join(import.meta.dir, "..")
const files = [...new Bun.Glob("{src,web,bin}/**/*.ts").scanSync({ cwd: root })].sort()
const read = (path: string) => readFileSync(join(root, path), "utf8")

test("every file stands in a folder of the table and keeps to it", () => {
  expect(files.length).toBeGreaterThan(50)
  expect(files.filter(path => folderOf(path) === "")).toEqual([])
  expect(files.flatMap(path => violations(path, read(path)))).toEqual([])
})

test("the map names every folder", () => {
  const map = read("AGENTS.md")
  const folders = [...new Set(files.map(path => path.replace(/\/[^/]+$/, "")))].filter(name =>
    name.includes("/"),
  )
  const shown = (folder: string) =>
    map.includes(`${folder}\``) || map.includes(`\`${folder.split("/").at(-1)}/\``)
  expect(folders.filter(folder => !shown(folder))).toEqual([])
})

test("every entry has its reason", () => {
  const reasons = [
    ...Object.values(RULES).flatMap(rule => [rule.is, ...Object.values(rule.may)]),
    ...Object.values(RUNTIMES).flatMap(places => Object.values(places)),
  ]
  expect(reasons.filter(reason => reason.length < 5)).toEqual([])
})

describe("the check can fail", () => {
  const bad: [string, string][] = [
    ["src/core/x.ts", 'import { Hono } from "@hono/hono"'],
    ["src/core/x.ts", 'import { z } from "zod"'],
    ["src/core/x.ts", 'import { defineCommand } from "citty"'],
    ["src/core/x.ts", 'import { spawn } from "bun-pty"'],
    ["src/core/x.ts", 'const pty = await import("bun-pty")'],
    ["src/core/x.ts", 'import type { Op } from "../ops/table.ts"'],
    ["src/core/x.ts", 'import {\n  a,\n  b,\n} from "../backends/pipe.ts"'],
    ["src/core/x.ts", 'export * from "../http/app.ts"'],
    ["src/core/x.ts", 'import "../http/app.ts"'],
    ["src/core/x.ts", "const now = Bun.nanoseconds()"],
    ["src/core/x.ts", 'import { Database } from "bun:sqlite"'],
    ["src/core/x.ts", "const { spawn } = Bun"],
    ["src/core/x.ts", 'const has = typeof Bun !== "undefined"'],
    ["src/core/lib/x.ts", 'import { ByteLog } from "../log/log.ts"'],
    ["src/core/log/x.ts", 'import { Session } from "../session/session.ts"'],
    ["src/mcp/session/x.ts", 'import { read } from "../calls/read.ts"'],
    ["src/core/new/x.ts", 'import { text } from "../lib/text.ts"'],
    ["src/http/other.ts", "Bun.serve({})"],
    ["src/backends/x.ts", 'import { dlopen } from "bun:ffi"'],
    ["src/backends/x.ts", "Deno.dlopen(name, {})"],
    ["src/runtime/deno/x.ts", "Bun.serve({})"],
    ["src/runtime/bun/x.ts", "Deno.serve({})"],
    ["src/runtime/bun/x.ts", 'import { ptr } from "../deno/ffi.ts"'],
    ["src/core/x.ts", 'import { crc32 } from "#runtime/files.ts"'],
    ["src/cli/x.ts", "Bun.spawn([])"],
    ["src/http/x.ts", 'import { pipeBackend } from "../backends/pipe.ts"'],
    ["src/mcp/x.ts", 'import { createApp } from "../http/app.ts"'],
    ["src/compat/mop/x.ts", 'import { x } from "../mrmd/x.ts"'],
    ["src/compat/mrmd/x.ts", 'import { x } from "../../mcp/x.ts"'],
    ["src/backends/x.ts", 'import { x } from "../ops/table.ts"'],
    ["src/wire/x.ts", 'import type { Size } from "../core/backend.ts"'],
    ["web/x.ts", 'import { ops } from "../src/ops/sessions/table.ts"'],
    ["web/x.ts", 'import { x } from "../src/core/log/log.ts"'],
    ["src/elsewhere/x.ts", 'import { z } from "zod"'],
  ]
  test.each(bad)("%s: %s", (path, source) => {
    expect(violations(path, source)).toHaveLength(1)
  })

  const good: [string, string][] = [
    ["src/core/log/x.ts", 'import { statSync } from "node:fs"\nimport { ByteLog } from "./log.ts"'],
    ["src/core/x.ts", '// Bun.spawn is elsewhere\n/* import "zod" */\nconst name = "Bun.serve"'],
    ["src/runtime/bun/x.ts", 'import { dlopen } from "bun:ffi"\nBun.spawn([])'],
    ["src/runtime/deno/x.ts", "Deno.serve({})"],
    ["src/http/server.ts", 'import { listen } from "#runtime/http.ts"'],
    ["src/core/lib/x.ts", 'import { nextTurn } from "#runtime/turn.ts"'],
    ["src/core/log/x.ts", 'import type { Session } from "../session/session.ts"'],
    ["src/core/registry/x.ts", 'import { Session } from "../session/session.ts"'],
    ["src/http/x.ts", 'import { bodyLimit } from "@hono/hono/body-limit"'],
    ["src/cli/x.ts", 'import { pipeBackend } from "../backends/pipe.ts"'],
    ["web/x.ts", 'import type { Op } from "../src/ops/sessions/table.ts"'],
    ["web/x.ts", 'import { Terminal } from "@xterm/xterm"'],
  ]
  test.each(good)("allowed: %s: %s", (path, source) => {
    expect(violations(path, source)).toEqual([])
  })
})
