// Before any test: a home and a state directory of its own for this run, and none of the caller's settings.

import { afterAll } from "bun:test"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const root = mkdtempSync(join(tmpdir(), "ptyline-test-"))

const KEPT = "PTYLINE_TEST_BINARY" // which program the process tests run
for (const name of Object.keys(process.env))
  if (name.startsWith("PTYLINE_") && name !== KEPT) delete process.env[name]
process.env.HOME = join(root, "home")
process.env.PTYLINE_STATE_DIR = join(root, "state")
mkdirSync(process.env.HOME, { mode: 0o700 })
mkdirSync(process.env.PTYLINE_STATE_DIR, { mode: 0o700 })
// not on "exit", which the test runner does not announce
afterAll(() => rmSync(root, { recursive: true, force: true }))
