// `ptyline doctor`: looks at everything that a server and its sessions need here, and says what to do about it.

import { accessSync, constants, existsSync, lstatSync } from "node:fs"
import { createServer } from "node:net"
import { delimiter, join } from "node:path"
import { chooseBackend } from "../../backends/choose.ts"
import { startHolder } from "../../backends/holder/start.ts"
import { serverSocket, stateDirectory } from "../../store/state/directory.ts"
import { ownServer } from "../connect/connection.ts"
import type { Variables } from "../connect/target.ts"
import { readConfig } from "../lib/config.ts"
import { parseFlags, settled } from "../lib/flags.ts"
import { coloured, put } from "../lib/print.ts"
import { SERVE_FLAGS } from "../serve/flags.ts"
import { noMore } from "./session-words.ts"
import { DOCTOR } from "./verbs.ts"

type CheckState = "ok" | "note" | "bad"
/** `advice`: what to do, where there is something to be done. */
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

export async function doctor(args: string[], env: Variables): Promise<number> {
  const { values, words } = parseFlags(args, DOCTOR.flags)
  noMore(words[0])
  const findings: Finding[] = []
  for (const [check, look] of Object.entries(CHECKS)) findings.push({ check, ...(await told(look, env)) })
  await put(1, values.json ? `${JSON.stringify({ checks: findings })}\n` : findings.map(line).join(""))
  return findings.some(({ state }) => state === "bad") ? 1 : 0
}

async function told(look: (typeof CHECKS)[string], env: Variables): Promise<CheckResult> {
  try {
    return await look(env)
  } catch (error) {
    return bad(
      error instanceof Error ? error.message : String(error),
      "this must not be; tell whoever runs this machine",
    )
  }
}

const COLOURS: Record<CheckState, string> = { ok: "32", note: "33", bad: "31" }

function line({ check, state, detail, advice }: Finding): string {
  const mark = coloured(1) ? `\x1b[${COLOURS[state]}m${state.padEnd(4)}\x1b[m` : state.padEnd(4)
  return `${mark}  ${check.padEnd(15)}  ${detail}\n${advice ? `${" ".repeat(23)}${advice}\n` : ""}`
}

/** A program on a terminal of its own, which must see one. */
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
      ? ok(`programs get one from ${backend.kind}`)
      : bad(`${backend.kind} gives none`, "try ptyline serve --pty bun-pty")
  } catch (error) {
    return bad(
      `none to be had: ${(error as Error).message}`,
      "mount devpts on /dev/pts; until then sessions run on pipes",
    )
  }
}

/** This very program must be able to start itself: a holder that is told nonsense says so. */
async function checkHolder(): Promise<CheckResult> {
  const said = await startHolder({} as never).then(
    () => "",
    error => (error as Error).message,
  )
  if (said !== "the session's holder did not start") return ok("a session can outlive its server")
  return bad(
    "this program cannot start itself again",
    "is its file still where it was started from, and may it be run?",
  )
}

function checkDirectory(env: Variables): CheckResult {
  const directory = stateDirectory(env)
  if (!existsSync(directory)) return ok(`${directory} will be made at the first start`)
  const { mode, uid } = lstatSync(directory)
  if (uid !== process.getuid?.())
    return bad(`another user owns ${directory}`, "set PTYLINE_STATE_DIR to one of your own")
  if (mode & 0o077) return bad(`others may look into ${directory}`, `chmod 700 ${directory}`)
  accessSync(directory, constants.W_OK)
  return ok(directory)
}

async function checkServer(env: Variables): Promise<CheckResult> {
  if (await ownServer(env)) return ok("runs")
  const unix = serverSocket(stateDirectory(env))
  const left = existsSync(unix) ? "; one that died left its socket, which the next start removes" : ""
  return note(`none runs${left}`, "ptyline serve starts one; run works without")
}

const serveSetting = (name: string, env: Variables) =>
  settled(name, SERVE_FLAGS[name]!, env, readConfig(env).sections.serve ?? {}).value

async function checkPort(env: Variables): Promise<CheckResult> {
  const port = Number(serveSetting("port", env))
  const host = (serveSetting("host", env) as string | undefined) ?? "127.0.0.1"
  if (await ownServer(env)) return ok("the server has its own")
  const code = await new Promise<string | null>(resolve => {
    const probe = createServer()
    probe.once("error", error => resolve((error as NodeJS.ErrnoException).code ?? String(error)))
    probe.listen(port, host, () => probe.close(() => resolve(null)))
  })
  if (code === null) return ok(`${host}:${port} is free`)
  return note(
    `${host}:${port} is taken (${code})`,
    "choose another: ptyline serve --port 0, or serve.port in the config file",
  )
}

function checkOrigins(env: Variables): CheckResult {
  const origins = (serveSetting("allow-origin", env) as string[] | undefined) ?? []
  const wrong = origins.find(origin => !URL.canParse(origin) || new URL(origin).origin !== origin)
  if (wrong)
    return bad(`${JSON.stringify(wrong)} is no origin`, "an origin is https://example.org, without a path")
  return ok(origins.length === 0 ? "pages of this server only" : `also ${origins.join(", ")}`)
}

function checkConfig(env: Variables): CheckResult {
  try {
    return ok(readConfig(env).path ?? "no file; the defaults hold")
  } catch (error) {
    return bad((error as Error).message, "ptyline config --help says where the file is and what it has")
  }
}

function checkTmux(env: Variables): CheckResult {
  const found = (env.PATH ?? "")
    .split(delimiter)
    .map(folder => join(folder, "tmux"))
    .find(path => existsSync(path))
  if (env.TMUX) return ok("you are in it; ptyline attach works there")
  return found ? ok(`${found}; not needed`) : ok("not there, and not needed")
}
