// Who may import whom: the table, and the reading of a file against it.

import { dirname, join, normalize } from "node:path"
import { ROOMS } from "./rooms.ts"

/** `may`: folder or package -> why. `node:` modules are allowed everywhere. */
type Rule = { is: string; may: Record<string, string> }

const CORE = "what a session is"
const OPS = "what can be asked, said once"
const CONNECTION = "types only: a request's connection and a socket, as the server adapter gives them"
const WIRE = "frames that both ends must read alike"
const RUNTIME = "what Bun and Deno do differently"

/** Folders of the project, longest names first where one contains another. */
export const RULES: Record<string, Rule> = {
  "src/core": {
    is: "what a session is; it does not know who is asking",
    may: { "src/runtime/turn.ts": "the next turn of the event loop" },
  },
  "src/wire": { is: "frames as data, also for the browser", may: {} },
  "src/runtime": { is: "the seam to Bun and Deno", may: { "src/core": "errors" } },
  "src/backends": {
    is: "the seam to the operating system",
    may: {
      "src/core": CORE,
      "src/wire": WIRE,
      "src/runtime": RUNTIME,
      "src/store": "a holder writes its session's log",
      "bun-pty": "its native library, not its JavaScript",
    },
  },
  "src/screen": {
    is: "a fold over a log",
    may: {
      "src/core": CORE,
      "@xterm/headless": "the emulator, wrapped by an interface",
      "@xterm/addon-unicode-graphemes": "its idea of characters, the page's too",
    },
  },
  "src/store": {
    is: "what survives",
    may: {
      "src/core": CORE,
      "src/runtime": RUNTIME,
      "src/wire": WIRE,
      "@peculiar/x509": "makes certificates",
      "reflect-metadata": "the library of certificates needs it",
    },
  },
  "src/ops": {
    is: "the operation table",
    may: {
      "src/core": CORE,
      "src/screen": "operations that read what is on the screen",
      zod: "inputs and outputs are schemas",
      re2js: "callers' patterns run in linear time",
    },
  },
  "src/compat/mop": {
    is: "MOP's own surface",
    may: transport({
      "type:src/http": CONNECTION,
      "type:src/runtime": CONNECTION,
      "rate-limiter-flexible": "its limits per client and endpoint",
      "string-argv": "command lines of custom endpoints",
      yaml: "the AsyncAPI document",
      "src/store": "the attic's files and their secret",
      "src/backends": "which process the attic's service is",
      "type:@logtape/logtape": "the logger that the caller passes",
    }),
  },
  "src/compat/mrmd": {
    is: "mrmd-pty's own surface",
    may: transport({ "type:src/http": CONNECTION, "type:src/runtime": CONNECTION }),
  },
  "src/mcp": {
    is: "tools for agents",
    may: transport({
      re2js: "callers' patterns run in linear time",
      "@modelcontextprotocol/server": "the protocol",
      "@modelcontextprotocol/hono": "its HTTP",
    }),
  },
  "src/http": {
    is: "routes, streams, guard",
    may: transport({
      "src/runtime": RUNTIME,
      "src/compat/mop": "mounted by app.ts",
      "src/compat/mrmd": "mounted by app.ts",
      "src/mcp": "its handler is mounted by app.ts",
      "src/screen": "a terminal socket may begin with the screen",
      "rate-limiter-flexible": "failed logins and callers are throttled",
      "prom-client": "metrics",
    }),
  },
  "src/services": {
    is: "programs that run beside the server: plugins, workers",
    may: {
      "src/core": CORE,
      "src/backends": "who holds a port, what an earlier server left running",
      zod: "the manifest is a schema",
      "string-argv": "the words of a command line",
    },
  },
  "src/cli": {
    is: "the composition root: the only place that knows all others",
    may: {
      "src/core": CORE,
      "src/runtime": RUNTIME,
      "src/backends": "picks them",
      "src/screen": "picks the engine",
      "src/store": "opens the state directory",
      "src/services": "starts and stops them",
      "src/ops": OPS,
      "src/http": "starts the server and calls others",
      "src/compat/mop": "starts it",
      "src/compat/mrmd": "starts it",
      "src/mcp": "starts it",
      "src/wire": WIRE,
      web: "the page that is embedded",
      citty: "commands as data",
      zod: "arguments are the operations' inputs",
      "@logtape/logtape": "where the log goes is decided here",
      "fastest-levenshtein": "what a mistyped name was meant to be",
      "smol-toml": "the config file",
      "src/expect": "plays scripts",
    },
  },
  "src/client": {
    is: "the library's client; it runs in browsers too",
    may: {
      "src/core": "errors",
      "src/http": "the calls",
      "src/wire": WIRE,
      "src/ops": "where operations are",
    },
  },
  "src/expect": {
    is: "dialogues with programs: scripts, and the library's words for them",
    may: {
      "src/core": CORE,
      "src/ops": OPS,
      "src/backends": "a program runs in this process",
      zod: "scripts are checked",
      yaml: "scripts are written in it",
    },
  },
  "src/library": {
    is: "a core in another program, and its routes",
    may: {
      "src/core": CORE,
      "src/runtime": RUNTIME,
      "src/ops": OPS,
      "src/http": "what an app mounts",
      "src/backends": "what an app picks",
      "src/compat/mop": "mounted where it is wanted",
      "src/compat/mrmd": "mounted where it is wanted",
      "@hono/": "routing",
      src: "the version",
    },
  },
  src: {
    is: "the version, and the door of the library",
    may: {
      "": "package.json",
      "src/core": CORE,
      "src/http": "what an app mounts",
      "src/client": "its client",
      "src/library": "its core",
      "src/expect": "dialogues",
    },
  },
  web: {
    is: "the page",
    may: {
      "src/wire": WIRE,
      "type:src/ops": "types only: nothing of the server is shipped",
      "type:src/core": "types only: the size and the exit status",
      "@xterm/": "the terminal",
      marked: "the example's document",
    },
  },
  bin: {
    is: "the entry, and the project's own chores",
    may: { "src/cli": "the entry", "": "the snapshots that tests compare with" },
  },
}

function transport(more: Record<string, string>): Record<string, string> {
  return {
    "src/core": CORE,
    "src/ops": OPS,
    "src/wire": WIRE,
    "@hono/": "routing",
    zod: "inputs",
    src: "the version",
    ...more,
  }
}
for (const folder of ["src/cli", "src/store"]) RULES[folder]!.may.src = "the version"

/** Where the names of each runtime are allowed. All other code uses web standards and `node:` modules. */
export const RUNTIMES: Record<string, Record<string, string>> = {
  Bun: { "src/runtime/bun/": "one side of the seam", "bin/": "building and testing, not shipped" },
  Deno: { "src/runtime/deno/": "the other side of the seam" },
}

/** The longest entry of the table that a path lies in; "" for a path outside the table. */
export function folderOf(path: string): string {
  const folders = Object.keys(RULES).sort((a, b) => b.length - a.length)
  return folders.find(folder => path.startsWith(`${folder}/`)) ?? ""
}

/** What is wrong with a file, in sentences. */
export function violations(path: string, source: string): string[] {
  const code = withoutComments(source)
  const wrong = importsOf(code).flatMap(found => wrongImport(path, found))
  const text = code.replace(/"[^"\n]*"/g, '""')
  return [...wrong, ...Object.keys(RUNTIMES).flatMap(name => wrongName(path, text, name))]
}

function wrongName(path: string, code: string, name: string): string[] {
  const uses = new RegExp(`\\b${name}\\s*[.[]|\\btypeof ${name}\\b|\\{[^}]*\\}\\s*=\\s*${name}\\b`)
  const found = uses.exec(code)?.[0]
  return found && !runtimeAllowed(path, name) ? [`${path} uses ${found}: only in ${placesOf(name)}`] : []
}

const withoutComments = (source: string) =>
  source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "")

type Import = { specifier: string; typeOnly: boolean }

function importsOf(code: string): Import[] {
  const statements = code.matchAll(/^\s*(?:import|export)\s+(type\s)?([^"'`;]*?from\s+)?["']([^"']+)["']/gm)
  const calls = code.matchAll(/\b(?:import|require|import\.meta\.resolve)\(\s*["'`]([^"'`$]+)/g)
  return [
    ...[...statements].map(([, type, names, specifier]) => ({
      specifier: specifier!,
      typeOnly: type !== undefined || onlyTypes(names),
    })),
    ...[...calls].map(match => ({ specifier: match[1]!, typeOnly: false })),
  ]
}

/** Is it `{ type A, type B } from`? */
function onlyTypes(names: string | undefined): boolean {
  const inside = /^\{([^}]*)\}\s*from\s*$/.exec(names ?? "")?.[1]
  return inside?.split(",").every(name => /^\s*(type\s|$)/.test(name)) ?? false
}

/** How package.json names the files of both runtimes. */
const SEAM = "#runtime/"

/** The project's files that a file imports, of both runtimes: dynamic imports too, type-only ones not. */
export function importedFiles(path: string, source: string): string[] {
  const values = importsOf(withoutComments(source)).filter(({ typeOnly }) => !typeOnly)
  return values
    .filter(({ specifier }) => specifier.startsWith(".") || specifier.startsWith(SEAM))
    .flatMap(({ specifier }) =>
      specifier.startsWith(SEAM)
        ? ["bun", "deno"].map(runtime => `src/runtime/${runtime}/${specifier.slice(SEAM.length)}`)
        : [normalize(join(dirname(path), specifier))],
    )
}

function wrongImport(path: string, { specifier, typeOnly }: Import): string[] {
  if (specifier.startsWith("node:")) return []
  if (specifier === "bun" || specifier.startsWith("bun:"))
    return runtimeAllowed(path, "Bun") ? [] : [`${path} imports ${specifier}: only in ${placesOf("Bun")}`]
  const folder = folderOf(path)
  const sibling = wrongRoom(path, specifier, typeOnly)
  if (sibling) return [`${path} imports ${specifier}: ${sibling}`]
  const target = targetOf(path, specifier)
  if (target === folder || target.startsWith(`${folder}/`) || mayImport(folder, target, typeOnly)) return []
  const is = RULES[folder]?.is ?? "not in the table"
  return [`${path} imports ${specifier}: ${folder || "an unknown folder"} (${is}) may not`]
}

/** The folder or package that an import names. */
function targetOf(path: string, specifier: string): string {
  if (specifier.startsWith(SEAM)) return `src/runtime/${specifier.slice(SEAM.length)}`
  return specifier.startsWith(".") ? folderOf(normalize(join(dirname(path), specifier))) : specifier
}

/** What is wrong with an import from one room of a folder to another; "" for an allowed one. */
function wrongRoom(path: string, specifier: string, typeOnly: boolean): string {
  const folder = Object.keys(ROOMS).find(name => path.startsWith(`${name}/`))
  const target = specifier.startsWith(".") ? normalize(join(dirname(path), specifier)) : ""
  if (!folder || !target.startsWith(`${folder}/`)) return ""
  const roomOf = (file: string) => /^([^/]+)\//.exec(file.slice(folder.length + 1))?.[1] ?? "."
  const [from, to] = [roomOf(path), roomOf(target)]
  const allowed = ROOMS[folder]![from]
  if (!allowed) return `${folder}/${from} is no room of the table`
  if (from === to || allowed.includes(to) || (typeOnly && allowed.includes(`type:${to}`))) return ""
  return `the room ${from} may not import ${to}`
}

/** A rule holds for a folder and for the rooms inside it; a room has rules of its own besides. */
function mayImport(folder: string, target: string, typeOnly: boolean): boolean {
  const rules = Object.entries(RULES).filter(([name]) => folder === name || isInside(name, folder))
  const allowed = rules.flatMap(([, { may }]) => Object.keys(may))
  const fits = (entry: string) => entry === target || isInside(entry, target)
  return allowed.some(entry => fits(entry) || (typeOnly && entry.startsWith("type:") && fits(entry.slice(5))))
}

/** Whether `target` is in the folder or package `entry`. `src` means only the files in it. */
function isInside(entry: string, target: string): boolean {
  if (entry.endsWith("/")) return target.startsWith(entry)
  return entry !== "" && entry !== "src" && target.startsWith(`${entry}/`)
}

const runtimeAllowed = (path: string, name: string) =>
  Object.keys(RUNTIMES[name]!).some(place => path.startsWith(place))
const placesOf = (name: string) => Object.keys(RUNTIMES[name]!).join(", ")
