// Test setup: a new home and state directory for this run, without the caller's settings.

import { afterAll } from "bun:test"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const root = mkdtempSync(join(tmpdir(), "ptyline-test-"))

const KEPT = "PTYLINE_TEST_BINARY" // the program that process tests run
for (const name of Object.keys(process.env))
  if (name.startsWith("PTYLINE_") && name !== KEPT) delete process.env[name]
process.env.HOME = join(root, "home")
process.env.PTYLINE_STATE_DIR = join(root, "state")
mkdirSync(process.env.HOME, { mode: 0o700 })
mkdirSync(process.env.PTYLINE_STATE_DIR, { mode: 0o700 })
// not on "exit": the test runner does not emit it
afterAll(() => rmSync(root, { recursive: true, force: true }))
