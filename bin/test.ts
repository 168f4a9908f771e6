// Runs the tests and ends with the plain line of their counts: N passed, N failed.

import { mkdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dir, "..")
const report = join(root, ".cache/tests.xml")

mkdirSync(join(root, ".cache"), { recursive: true })
rmSync(report, { force: true })
const flags = ["--timeout", "60000", "--reporter=junit", `--reporter-outfile=${report}`]
const only = process.argv.slice(2)
const run = Bun.spawnSync([process.execPath, "test", ...flags, ...(only.length > 0 ? only : ["test"])], {
  cwd: root,
  env: { ...process.env, PTYLINE_TEST_BINARY: join(root, "dist/ptyline") },
  stdio: ["ignore", "inherit", "inherit"],
})

/** The totals that the report's root element gives. */
function counts(): { passed: number; failed: number; skipped: number } {
  const totals = /<testsuites[^>]*>/.exec(readFileSync(report, "utf8"))?.[0] ?? ""
  const number = (name: string) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(totals)?.[1] ?? 0)
  const [failed, skipped] = [number("failures") + number("errors"), number("skipped")]
  return { passed: number("tests") - failed - skipped, failed, skipped }
}

const { passed, failed, skipped } = counts()
process.stdout.write(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`)
// a machine of one's own may lack a program; a build machine that skips anything has not tested what it says
const untested = passed === 0 || (process.env.CI === "true" && skipped > 0)
process.exit(run.exitCode !== 0 || failed > 0 || untested ? 1 : 0)
