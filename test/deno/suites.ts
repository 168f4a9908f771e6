// The test files that run under Deno too.

import { globSync } from "node:fs"
import { join } from "node:path"

const ROOT = join(import.meta.dirname, "../..")
const FOLDERS = ["core", "store", "wire", "screen", "ops", "http", "library", "backends"]

/** Files of these folders that run under Bun only, each with the reason. */
const BUN_ONLY: Record<string, string> = {
  "test/backends/bun-pty-executable.test.ts": "compiles an executable with Bun",
  "test/http/compress.test.ts": "compares compressed bodies, which Deno's fetch always decompresses",
  "test/library/exports.test.ts": "reads the exports of a module with Bun's parser",
}

/** Returns the paths, relative to the repository. */
export const denoFiles = (): string[] =>
  FOLDERS.flatMap(folder => globSync(`test/${folder}/*.test.ts`, { cwd: ROOT }))
    .filter(path => !(path in BUN_ONLY))
    .sort()
