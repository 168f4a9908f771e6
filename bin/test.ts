// Runs the tests and prints their counts: N passed, N failed. --fast: the fast ones only. --deno: under Deno.
// --both: under Bun and then under Deno.

import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { denoFiles } from "../test/deno/suites.ts"

const root = join(import.meta.dir, "..")
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

type Runner = { name: string; command: string[]; env?: Record<string, string>; report: string }
type Counts = { passed: number; failed: number; skipped: number }

/** Bun's runner, for these paths. */
function bunRunner(paths: string[], binary: boolean): Runner {
  const report = join(root, ".cache/tests.xml")
  const flags = ["--timeout", "60000", "--reporter=junit", `--reporter-outfile=${report}`]
  const env = binary ? { PTYLINE_TEST_BINARY: join(root, "dist/ptyline") } : undefined
  return { name: "Bun", command: [process.execPath, "test", ...flags, ...paths], env, report }
}

/** Deno's runner, for the suites that run under both runtimes or for these paths. */
function denoRunner(paths: string[]): Runner {
  const report = join(root, ".cache/tests-deno.xml")
  const flags = ["-A", "--no-check", "--preload=test/setup.ts", `--junit-path=${report}`]
  const files = paths.length > 0 ? paths : denoFiles()
  return { name: "Deno", command: ["deno", "test", ...flags, ...files], report }
}

/** Runs the tests to their end. Returns null if the runner ended early. */
function run({ name, command, env, report }: Runner): Counts | null {
  rmSync(report, { force: true })
  process.stdout.write(`\nTests under ${name}\n`)
  const { exitCode, signalCode } = Bun.spawnSync(command, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "inherit"],
  })
  if (!existsSync(report)) {
    process.stderr.write(`\nthe test runner ended early: ${signalCode ?? exitCode}\n`)
    return null
  }
  const counts = countsIn(report)
  // a fault outside of the tests counts too
  return exitCode !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts
}

/** The totals of the report's root element. */
function countsIn(report: string): Counts {
  const text = readFileSync(report, "utf8")
  const totals = /<testsuites[^>]*>/.exec(text)?.[0] ?? ""
  const number = (name: string) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(totals)?.[1] ?? 0)
  // Deno counts the tests that were left out in the suites only
  const skipped = number("skipped") || [...text.matchAll(/<skipped\b/g)].length
  const failed = number("failures") + number("errors")
  return { passed: number("tests") - failed - skipped, failed, skipped }
}

/** Returns the runners that the arguments name: `--fast`, `--deno`, `--both`, or Bun's for these paths. */
function runnersFor(mode: string | undefined, rest: string[]): Runner[] {
  if (mode === "--fast") return [bunRunner(FAST, false)]
  if (mode === "--deno") return [denoRunner(rest)]
  if (mode === "--both") return [bunRunner(rest.length > 0 ? rest : ["test"], true), denoRunner([])]
  return [bunRunner(mode === undefined ? ["test"] : [mode, ...rest], true)]
}

mkdirSync(join(root, ".cache"), { recursive: true })
const missing = FAST.filter(path => !existsSync(join(root, path)))
if (missing.length > 0)
  throw new Error(`the list of fast tests names ${missing.join(", ")}, which do not exist`)
const [mode, ...rest] = process.argv.slice(2)
const all = runnersFor(mode, rest).map(run)
const sum = (name: keyof Counts) => all.reduce((total, counts) => total + (counts?.[name] ?? 0), 0)
const [passed, failed, skipped] = [sum("passed"), sum("failed"), sum("skipped")]
process.stdout.write(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`)
// a personal machine may lack a program, but a build machine must not skip tests
const untested = all.some(counts => !counts?.passed) || (process.env.CI === "true" && skipped > 0)
process.exit(failed > 0 || untested ? 1 : 0)
