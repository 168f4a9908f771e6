// `ptyline doctor`: checks what a server and its sessions need on this machine, and gives advice.

import { accessSync, constants, existsSync, lstatSync } from "node:fs"
import { createServer } from "node:net"
import { delimiter, join } from "node:path"
import { chooseBackend } from "../../backends/choose.ts"
import { startHolder } from "../../backends/holder/start.ts"
import type { PtylineError } from "../../core/lib/errors.ts"
import { serverSocket, stateDirectory } from "../../store/state/directory.ts"
import { ownServer } from "../connect/connection.ts"
import { readConfig } from "../lib/config.ts"
import { type Parsed, refuseWord, settled, type Variables } from "../lib/flags.ts"
import { coloured, put } from "../lib/print.ts"
import { SERVE_FLAGS } from "../serve/flags.ts"

type CheckState = "ok" | "note" | "bad"
/** One line of the report. `advice`: what to do, or null. */
type Finding = { check: string; state: CheckState; detail: string; advice: string | null }
type CheckResult = Omit<Finding, "check">

const ok = (detail: string): CheckResult => ({ state: "ok", detail, advice: null })
const note = (detail: string, advice: string): CheckResult => ({ state: "note", detail, advice })
const bad = (detail: string, advice: string): CheckResult => ({ state: "bad", detail, advice })

const CHECKS: Record<string, (env: Variables) => CheckResult | Promise<CheckResult>> = {
  terminal: checkTerminal,
  holders: checkHolder,
  "state directory": checkDirectory,
  server: checkServer,
  port: checkPort,
  origins: checkOrigins,
  config: checkConfig,
  tmux: checkTmux,
}

/** Runs all checks. Resolves with 1 if one of them is bad, else 0. */
export async function doctor({ values, words }: Parsed, env: Variables): Promise<number> {
  refuseWord(words[0])
  const findings: Finding[] = []
  for (const [check, examine] of Object.entries(CHECKS))
    findings.push({ check, ...(await result(examine, env)) })
  await put(1, values.json ? `${JSON.stringify({ checks: findings })}\n` : findings.map(textOf).join(""))
  return findings.some(({ state }) => state === "bad") ? 1 : 0
}

async function result(examine: (typeof CHECKS)[string], env: Variables): Promise<CheckResult> {
  try {
    return await examine(env)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return bad(message, "unexpected; contact your administrator")
  }
}

const COLOURS: Record<CheckState, string> = { ok: "32", note: "33", bad: "31" }

function textOf({ check, state, detail, advice }: Finding): string {
  const mark = coloured(1) ? `\x1b[${COLOURS[state]}m${state.padEnd(4)}\x1b[m` : state.padEnd(4)
  return `${mark}  ${check.padEnd(15)}  ${detail}\n${advice ? `${" ".repeat(23)}${advice}\n` : ""}`
}

/** Runs a program on a terminal; the program must see one. */
async function checkTerminal(env: Variables): Promise<CheckResult> {
  const { backend } = chooseBackend("auto", false)
  const ended = Promise.withResolvers<number | null>()
  const spec = {
    argv: ["/bin/sh", "-c", "test -t 0 && test -t 1"],
    cwd: "/",
    env: env as Record<string, string>,
    size: { cols: 80, rows: 24 },
    echo: true,
  }
  try {
    const child = backend.spawn(spec, {
      output: () => {},
      exit: ({ code }) => ended.resolve(code),
      end: () => {},
    })
    const code = await ended.promise
    child.close()
    return code === 0
      ? ok(`backend ${backend.kind} works`)
      : bad(
          `backend ${backend.kind} gives programs no terminal`,
          "try another one: ptyline serve --pty bun-pty",
        )
  } catch (error) {
    return bad(
      `no terminal available: ${(error as Error).message}`,
      "mount devpts on /dev/pts; until then sessions use pipes",
    )
  }
}

/** Starts a holder, which is this program again, with an invalid configuration that makes it exit. */
async function checkHolder(): Promise<CheckResult> {
  const errno = await startHolder({} as never).then(
    () => undefined,
    error => (error as PtylineError).details.errno,
  )
  // without a code the program gave no response; a system's code (ENOENT) means that it cannot be run
  if (errno !== undefined && !/^E[A-Z]+$/.test(String(errno))) return ok("sessions can survive the server")
  return bad(
    "this program cannot start itself",
    "check that its file was not moved or removed, and that it is executable",
  )
}

function checkDirectory(env: Variables): CheckResult {
  const directory = stateDirectory(env)
  if (!existsSync(directory)) return ok(`${directory} will be created at the first start`)
  const { mode, uid } = lstatSync(directory)
  if (uid !== process.getuid?.())
    return bad(`another user owns ${directory}`, "set PTYLINE_STATE_DIR to a directory of yours")
  if (mode & 0o077) return bad(`other users can access ${directory}`, `run: chmod 700 ${directory}`)
  accessSync(directory, constants.W_OK)
  return ok(directory)
}

async function checkServer(env: Variables): Promise<CheckResult> {
  if (await ownServer(env)) return ok("running")
  const unix = serverSocket(stateDirectory(env))
  const stale = existsSync(unix) ? "; the next start removes the socket of a crashed one" : ""
  return note(`not running${stale}`, "start it with ptyline serve; ptyline run works without it")
}

const serveSetting = (name: string, env: Variables) =>
  settled(name, SERVE_FLAGS[name]!, env, readConfig(env).sections.serve ?? {}).value

async function checkPort(env: Variables): Promise<CheckResult> {
  const port = Number(serveSetting("port", env))
  const host = (serveSetting("host", env) as string | undefined) ?? "127.0.0.1"
  if (await ownServer(env)) return ok("the running server has its own")
  const code = await new Promise<string | null>(resolve => {
    const probe = createServer()
    probe.once("error", error => resolve((error as NodeJS.ErrnoException).code ?? String(error)))
    probe.listen(port, host, () => probe.close(() => resolve(null)))
  })
  if (code === null) return ok(`${host}:${port} is free`)
  return note(
    `${host}:${port} is taken (${code})`,
    "choose another one: ptyline serve --port 0, or serve.port in the config file",
  )
}

function checkOrigins(env: Variables): CheckResult {
  const origins = (serveSetting("allow-origin", env) as string[] | undefined) ?? []
  const wrong = origins.find(origin => !URL.canParse(origin) || new URL(origin).origin !== origin)
  if (wrong)
    return bad(
      `${JSON.stringify(wrong)} is not an origin`,
      "use the form https://example.org, without a path",
    )
  return ok(origins.length === 0 ? "only pages of this server" : `also pages of ${origins.join(", ")}`)
}

function checkConfig(env: Variables): CheckResult {
  try {
    return ok(readConfig(env).path ?? "no file; defaults apply")
  } catch (error) {
    return bad((error as Error).message, "correct the file; ptyline config --help describes it")
  }
}

function checkTmux(env: Variables): CheckResult {
  const found = (env.PATH ?? "")
    .split(delimiter)
    .map(folder => join(folder, "tmux"))
    .find(path => existsSync(path))
  if (env.TMUX) return ok("this shell runs in tmux; ptyline attach works there")
  return found ? ok(`${found} (optional)`) : ok("not installed (optional)")
}
