#!/usr/bin/env node
// Sets up the project if needed, then runs one task: every script of package.json and deno.json calls this.
// Needs only Node 20 with npm, Bun, or Deno with npm. Steps that are up to date are skipped.

import { spawn, spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = join(dirname(fileURLToPath(import.meta.url)), "..")
const cache = join(root, ".cache")
const { packageManager, engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
/** The pinned runtimes. Bun also installs the packages and bundles the page. */
const VERSIONS = { bun: packageManager.split("@")[1], deno: engines.deno.replace(">=", "") }

const program = join(root, "bin/ptyline.ts")
const SERVE = ["bun", program, "serve"]
const SERVE_UNDER_DENO = ["deno", "run", "-A", "--config", join(root, "deno.json"), program, "serve"]
const BUILD = ["bun", "bin/build.ts"]
const TESTS = ["bun", "bin/test.ts"]

/** `deno`: whether the task needs Deno. A step is a runtime's name and its arguments. */
const TASKS = {
  start: { page: true, steps: args => [[...SERVE, ...args]] },
  dev: { page: true, steps: args => [["bun", "--watch", ...SERVE.slice(1), ...args]] },
  test: { page: true, deno: true, steps: args => [BUILD, [...TESTS, ...args]] },
  "test:fast": { steps: () => [[...TESTS, "--fast"]] },
  "deno:start": { page: true, deno: true, steps: args => [[...SERVE_UNDER_DENO, ...args]] },
  "deno:test": { page: true, deno: true, steps: args => [[...TESTS, "--deno", ...args]] },
  ok: {
    page: true,
    deno: true,
    steps: args => [
      ["bun", "x", "biome", "ci", "."],
      ["bun", "x", "tsc", "-p", "."],
      BUILD,
      [...TESTS, "--both", ...args],
    ],
  },
  gen: { steps: args => [["bun", "bin/gen.ts", ...args]] },
  build: { page: true, steps: args => [[...BUILD, ...args]] },
  bench: { page: true, deno: true, steps: args => [BUILD, ["bun", "test/bench/main.ts", ...args]] },
}

await main(process.argv[2], process.argv.slice(3))

async function main(name, args) {
  const task = TASKS[name]
  if (!task) fail(`unknown task ${name}; tasks: ${Object.keys(TASKS).join(", ")}`)
  const runtimes = { bun: ensure("bun"), deno: task.deno ? ensure("deno") : null }
  ensurePackages(runtimes.bun)
  if (task.page) ensurePage(runtimes.bun)
  for (const [runtime, ...step] of task.steps(args)) {
    const code = await run(runtimes, runtime, step, /start|dev/.test(name))
    if (code !== 0) process.exit(code)
  }
}

/** Returns a runtime: the one running this, the pinned one from the PATH, or one installed from npm. */
function ensure(name) {
  const version = VERSIONS[name]
  // the caller of `deno task` has chosen a Deno; Bun is always the pinned one
  if (name in process.versions && (name === "deno" || process.versions[name] === version))
    return process.execPath
  const own = join(cache, name, "node_modules/.bin", name)
  for (const found of [own, name]) if (versionOf(found) === version) return found
  say(`fetching ${name} ${version}`)
  const home = join(cache, name)
  mkdirSync(home, { recursive: true })
  const manifest = { private: true, dependencies: { [name]: version }, trustedDependencies: [name] }
  writeFileSync(join(home, "package.json"), JSON.stringify(manifest))
  const installers = [
    ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"],
    ["bun", "install", "--no-save"],
  ]
  for (const [installer, ...args] of installers) if (quiet(installer, args, home)) break
  if (versionOf(own) !== version)
    fail(`cannot install ${name} ${version} from the npm registry; check the network`)
  return own
}

function versionOf(runtime) {
  const text = spawnSync(runtime, ["--version"], { encoding: "utf8" }).stdout ?? ""
  return /\d+\.\d+\.\d+/.exec(text)?.[0]
}

/** Installs the packages in bun.lock, once per lock file. */
function ensurePackages(bun) {
  once(
    "packages",
    [join(root, "bun.lock"), join(root, "package.json")],
    join(root, "node_modules/citty"),
    () => {
      say("installing packages")
      if (!quiet(bun, ["install", "--frozen-lockfile"], root)) fail("bun install --frozen-lockfile failed")
    },
  )
}

/** Bundles the page if its sources have changed. */
function ensurePage(bun) {
  const sources = [
    join(root, "bun.lock"),
    join(root, "bin/page.ts"),
    ...filesIn(join(root, "web")),
    ...filesIn(join(root, "src/wire")),
  ]
  once("page", sources, join(root, "dist/web/index.html"), () => {
    say("building the page")
    if (!quiet(bun, ["bin/page.ts"], root)) fail("cannot build the page")
  })
}

/** Does `work` unless its result exists and was made from these files. */
function once(name, sources, result, work) {
  const hash = createHash("sha256").update(VERSIONS.bun)
  for (const file of sources) hash.update(file).update(readFileSync(file))
  const stamp = join(cache, `${name}.stamp`)
  const state = hash.digest("hex")
  if (existsSync(result) && existsSync(stamp) && readFileSync(stamp, "utf8") === state) return
  rmSync(stamp, { force: true })
  work()
  mkdirSync(cache, { recursive: true })
  writeFileSync(stamp, state)
}

function filesIn(directory) {
  const names = readdirSync(directory, { recursive: true }).map(name => join(directory, name))
  return names.filter(name => statSync(name).isFile()).sort()
}

/** Runs a program and prints its output only if it fails. Returns true on success. */
function quiet(command, args, cwd) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" })
  if (status !== 0) process.stderr.write(`${stdout ?? ""}${stderr ?? ""}`)
  return status === 0
}

/** Runs a runtime in the foreground and passes signals on. Resolves with its exit code. */
function run(runtimes, name, args, here) {
  const child = spawn(runtimes[name], args, {
    cwd: here ? undefined : root,
    stdio: "inherit",
    env: { ...process.env, PATH: pathWith(runtimes) },
  })
  // on a terminal, Ctrl-C reaches the child directly
  process.on("SIGINT", () => process.stdin.isTTY || child.kill("SIGINT"))
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal))
  return new Promise(resolve => {
    child.on("error", error => fail(String(error)))
    child.on("exit", (code, signal) => resolve(signal ? 1 : (code ?? 1)))
  })
}

/** The PATH with the folders of the runtimes first. */
function pathWith(runtimes) {
  const folders = Object.values(runtimes).flatMap(path => (path?.includes("/") ? [dirname(path)] : []))
  return [...folders, process.env.PATH].join(":")
}

function say(text) {
  process.stderr.write(`ptyline: ${text}\n`)
}

function fail(text) {
  say(text)
  process.exit(1)
}
