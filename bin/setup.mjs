#!/usr/bin/env node
// Sets up the project if needed, then runs one task: every script of package.json calls this.
// Needs only Node 20 or Bun. Steps that are up to date are skipped.

import { spawn, spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = join(dirname(fileURLToPath(import.meta.url)), "..")
const cache = join(root, ".cache")
const version = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).packageManager.split("@")[1]

const program = [join(root, "bin/ptyline.ts")]
const TASKS = {
  start: { page: true, steps: args => [[...program, "serve", ...args]] },
  dev: { page: true, steps: args => [["--watch", ...program, "serve", ...args]] },
  test: { page: true, steps: args => [["bin/build.ts"], ["bin/test.ts", ...args]] },
  "test:fast": { page: false, steps: () => [["bin/test.ts", "--fast"]] },
  ok: {
    page: true,
    steps: args => [
      ["x", "biome", "ci", "."],
      ["x", "tsc", "-p", "."],
      ["bin/build.ts"],
      ["bin/test.ts", ...args],
    ],
  },
  gen: { page: false, steps: args => [["bin/gen.ts", ...args]] },
  build: { page: true, steps: args => [["bin/build.ts", ...args]] },
  bench: { page: true, steps: args => [["bin/build.ts"], ["test/bench/main.ts", ...args]] },
}

await main(process.argv[2], process.argv.slice(3))

async function main(name, args) {
  const task = TASKS[name]
  if (!task) fail(`unknown task ${name}; tasks: ${Object.keys(TASKS).join(", ")}`)
  const bun = ensureBun()
  ensurePackages(bun)
  if (task.page) ensurePage(bun)
  for (const step of task.steps(args)) {
    const code = await run(bun, step, name === "start" || name === "dev")
    if (code !== 0) process.exit(code)
  }
}

/** Returns the pinned Bun: the one running this, one on the PATH, or one installed from npm into .cache. */
function ensureBun() {
  if (process.versions.bun === version) return process.execPath
  const own = join(cache, "bun/node_modules/.bin/bun")
  for (const bun of [own, "bun"]) if (versionOf(bun) === version) return bun
  say(`fetching Bun ${version}`)
  const home = join(cache, "bun")
  mkdirSync(home, { recursive: true })
  const manifest = { private: true, dependencies: { bun: version }, trustedDependencies: ["bun"] }
  writeFileSync(join(home, "package.json"), JSON.stringify(manifest))
  const installers = [
    ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"],
    ["bun", "install", "--no-save"],
  ]
  for (const [installer, ...args] of installers) if (quiet(installer, args, home)) break
  if (versionOf(own) !== version)
    fail(`cannot install Bun ${version} from the npm registry; check the network`)
  return own
}

function versionOf(bun) {
  return spawnSync(bun, ["--version"], { encoding: "utf8" }).stdout?.trim()
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
  const hash = createHash("sha256").update(version)
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

/** Runs Bun in the foreground and passes signals on. Resolves with its exit code. */
function run(bun, args, here) {
  const child = spawn(bun, args, {
    cwd: here ? undefined : root,
    stdio: "inherit",
    env: { ...process.env, PATH: pathWith(bun) },
  })
  // on a terminal, Ctrl-C reaches the child directly
  process.on("SIGINT", () => process.stdin.isTTY || child.kill("SIGINT"))
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal))
  return new Promise(resolve => {
    child.on("error", error => fail(String(error)))
    child.on("exit", (code, signal) => resolve(signal ? 1 : (code ?? 1)))
  })
}

function pathWith(bun) {
  return bun.includes("/") ? `${dirname(bun)}:${process.env.PATH}` : process.env.PATH
}

function say(text) {
  process.stderr.write(`ptyline: ${text}\n`)
}

function fail(text) {
  say(text)
  process.exit(1)
}
