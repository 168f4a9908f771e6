// Runs the tests, with --fast the fast ones only, and prints their counts: N passed, N failed.

import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dir, "..")
const report = join(root, ".cache/tests.xml")

/**
 * The tests of --fast: no compiled program, page, browser, durable session or namespace. Under 60 s on two
 * idle cores. Add a folder or file here if it keeps to that.
 */
const FAST = [
  "test/cycles.test.ts",
  "test/exports.test.ts",
  "test/imports.test.ts",
  "test/names.test.ts",
  "test/prose.test.ts",
  "test/core",
  "test/ops",
  "test/wire",
  ...["keys", "session-directory", "segments", "state"].map(name => `test/store/${name}.test.ts`),
  ...["internals", "screen-state"].map(name => `test/screen/${name}.test.ts`),
  ...["approvals", "attach", "auth", "compress", "errors", "guard", "lease", "revoked", "tokens"].map(
    name => `test/http/${name}.test.ts`,
  ),
]

mkdirSync(join(root, ".cache"), { recursive: true })
rmSync(report, { force: true })
const flags = ["--timeout", "60000", "--reporter=junit", `--reporter-outfile=${report}`]
const args = process.argv.slice(2)
const fast = args[0] === "--fast"
const missing = FAST.filter(path => !existsSync(join(root, path)))
if (missing.length > 0)
  throw new Error(`the list of fast tests names ${missing.join(", ")}, which do not exist`)
const paths = fast ? FAST : args.length > 0 ? args : ["test"]
const run = Bun.spawnSync([process.execPath, "test", ...flags, ...paths], {
  cwd: root,
  env: { ...process.env, ...(!fast && { PTYLINE_TEST_BINARY: join(root, "dist/ptyline") }) },
  stdio: ["ignore", "inherit", "inherit"],
})

if (!existsSync(report)) {
  process.stderr.write(`\nthe test runner ended early: ${run.signalCode ?? run.exitCode}\n`)
  process.exit(1)
}

/** The totals of the report's root element. */
function counts(): { passed: number; failed: number; skipped: number } {
  const totals = /<testsuites[^>]*>/.exec(readFileSync(report, "utf8"))?.[0] ?? ""
  const number = (name: string) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(totals)?.[1] ?? 0)
  const [failed, skipped] = [number("failures") + number("errors"), number("skipped")]
  return { passed: number("tests") - failed - skipped, failed, skipped }
}

const { passed, failed, skipped } = counts()
process.stdout.write(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`)
// a personal machine may lack a program, but a build machine must not skip tests
const untested = passed === 0 || (process.env.CI === "true" && skipped > 0)
process.exit(run.exitCode !== 0 || failed > 0 || untested ? 1 : 0)
