// `ptyline serve`: puts the server together, runs it, and ends it cleanly.

import { rmSync } from "node:fs"
import { join } from "node:path"
import type { Logger } from "@logtape/logtape"
import { backendList } from "../backends/choose.ts"
import type { MopSurface } from "../compat/mop/routes.ts"
import { Terminals } from "../compat/mrmd/terminals.ts"
import type { Sessions } from "../core/sessions.ts"
import { createApp } from "../http/app.ts"
import { Auth, newToken } from "../http/auth.ts"
import type { Listener } from "../http/server.ts"
import { McpSurface } from "../mcp/surface.ts"
import { keepScreens } from "../screen/keep.ts"
import { screens } from "../screen/screens.ts"
import { Plugins } from "../services/plugins.ts"
import { type Certificate, certificateOf, daysLeft } from "../store/certificates.ts"
import { State, stateDirectory } from "../store/state.ts"
import { VERSION } from "../version.ts"
import { lingering } from "./background.ts"
import { faultLogger, openCore, requireApprovals } from "./core.ts"
import { dataDirectory } from "./data-directory.ts"
import { listenEverywhere } from "./listening.ts"
import { openLog } from "./log.ts"
import { openMop } from "./mop.ts"
import { logged } from "./request-log.ts"
import { type Preset, type ServeOptions, serveOptions } from "./serve-options.ts"
import { settingsOf } from "./settings.ts"

/** How long sessions have to obey HUP and TERM when the server stops, in ms. */
const STOP_GRACE_MS = 2000
/** How long before its end a certificate is warned about. */
const EXPIRY_WARNING_DAYS = 30

type Running = {
  mcp: McpSurface
  mop: MopSurface | null
  terminals: Terminals | undefined
  sessions: Sessions
  plugins: Plugins
  listener: Listener
  state: State
  log: Logger
  url: string
  token: string | null
}

/** Serves until a signal ends it. Resolves with the exit code. */
export async function serve(
  args: string[],
  env: Record<string, string | undefined>,
  preset: Preset | null = null,
): Promise<number> {
  const options = serveOptions(args, env, preset, preset ? {} : await settingsOf("serve", env))
  const log = openLog(options.log, options.debug ? "debug" : "info")
  const state = new State(join(stateDirectory(env), options.stateName ?? ""))
  let running: Running
  try {
    running = await start(options, state, log, env)
  } catch (error) {
    state.release()
    throw error
  }
  const leaving = Promise.race([
    signalToLeave(running.sessions, options.ephemeral),
    lingering(running.sessions, options.lingerS),
  ])
  welcome(running)
  const kept = await stop(running, await leaving, options.ephemeral)
  // a launcher takes any free port, so directories would pile up
  if (options.stateName !== null && !kept) rmSync(state.directory, { recursive: true, force: true })
  return 0
}

async function start(
  options: ServeOptions,
  state: State,
  log: Logger,
  env: Record<string, string | undefined>,
): Promise<Running> {
  const token = options.auth ? state.token(newToken) : null
  const { argv, cwd, pty } = options
  const data = dataDirectory(options.moppy, options.preset === "mop", state.directory)
  if (data.warning) log.warn("{warning}", { warning: data.warning })
  if (options.legacy) log.info("--legacy has no effect")
  const made = options.ssl ? await certificateOf(data.path, [options.address.hostname]) : null
  const address = { ...options.address, tls: made ?? options.address.tls }
  if (made) warnOfEnd(made, log)
  const plugins = new Plugins(
    { data: data.path, host: address.hostname, tls: made, env },
    ({ name, reason }) => log.warn("plugin {name}: {reason}", { name, reason }),
  )
  const startedAt = new Date().toISOString()
  const sessions = await openCore({ ...options, env }, state, log)
  requireApprovals(options.approve, options.dangerous, sessions)
  const mcp = new McpSurface({ sessions, onFault: faultLogger(log) }, env, options.conformanceFixtures)
  const mop = options.commandGiven ? await openMop(options, sessions, data.path, env, log) : null
  const terminals = options.mrmd ? new Terminals(sessions) : undefined
  const facts = () => ({
    version: VERSION,
    pid: process.pid,
    started_at: startedAt,
    cmd: argv,
    cwd,
    backends: backendList(pty),
    plugins: plugins.info,
  })
  let port = address.port
  const app = createApp({
    sessions,
    auth: new Auth(token, sessions.grants),
    guard: {
      allowHosts: options.allowHosts,
      allowOrigins: options.allowOrigins,
      secure: address.tls !== undefined,
      neighbours: mop?.custom.map(({ path }) => path),
    },
    facts,
    ready: () => plugins.ready,
    cookieName: () => `ptyline_${port}`,
    url: () => url,
    onError: faultLogger(log),
    mop,
    mcp,
    mrmd: terminals,
  })
  const fetch = options.debug ? logged(app.fetch, log) : app.fetch
  const listener = await listenEverywhere(options, { address, socket: state.socket }, fetch, log)
  port = listener.port
  const url = `${address.tls ? "https" : "http"}://${hostInUrl(address.hostname)}:${port}/`
  state.announce({ pid: process.pid, url, started_at: startedAt })
  void logSessions(sessions, log)
  void keepScreens(sessions, screens)
  plugins.start()
  return { mcp, mop, terminals, sessions, plugins, listener, state, log, url, token }
}

/** A certificate that is about to end is told at every start. */
function warnOfEnd(certificate: Certificate, log: Logger): void {
  const days = daysLeft(certificate)
  if (days < EXPIRY_WARNING_DAYS)
    log.warn("the certificate {path} expires in {days} days; ptyline cert renew", {
      path: certificate.certPath,
      days,
    })
}

function hostInUrl(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "localhost"
  return host.includes(":") ? `[${host}]` : host
}

/** The only place that shows the token: once, on stdout, in a part of the URL that browsers do not send. */
function welcome({ url, token, state, log }: Running): void {
  process.stdout.write(`${url}${token ? `#token=${token}` : ""}\n`)
  log.info("serving", { url, state: state.directory, auth: token !== null })
}

async function logSessions(sessions: Sessions, log: Logger): Promise<void> {
  for await (const { event } of sessions.events.follow(sessions.events.next)) {
    if (event.type === "session.created") {
      const { id, name, backend, pid, spec, warnings } = event.session
      log.info("session started", { id, name, backend, pid, program: spec.argv[0] })
      for (const warning of warnings) log.warn("{warning}", { id, warning })
    }
    if (event.type === "approval.changed") {
      const { id, command, by, state, decidedBy } = event.approval
      log.info("approval", { id, command, by, state, decidedBy })
    }
    if (event.type === "session.exited") {
      const { id, exit, log: output } = event.session
      log.info("session ended", { id, code: exit?.code, signal: exit?.signal, bytes: output.end })
    }
  }
}

/** The first signal ends sessions with a grace, the second without. Resolves with whether something is left for a next server. */
async function stop(running: Running, first: string, ephemeral: boolean): Promise<boolean> {
  const { mcp, mop, terminals, sessions, plugins, listener, state, log, token } = running
  const left = token !== null || (!ephemeral && sessions.list().some(session => sessions.outlives(session)))
  log.info(`${first}: stopping${fates(sessions, ephemeral)}`)
  const impatient = nextSignal().then(() => sessions.close(0, ephemeral))
  const patient = async () => {
    await Promise.all([mop?.mop.close(), terminals?.close()])
    await mcp.close()
    await sessions.close(STOP_GRACE_MS, ephemeral)
  }
  await Promise.all([Promise.race([patient(), impatient]), plugins.stop()])
  await listener.stop()
  state.release()
  return left
}

/** What a stop means for the sessions that run. */
function fates(sessions: Sessions, ephemeral: boolean): string {
  const lasting = ephemeral ? 0 : goingOn(sessions)
  const ended = sessions.running - lasting
  const ending =
    ended > 0 ? `, ending ${count(ended)} within ${STOP_GRACE_MS / 1000} s; once more to kill` : ""
  return lasting > 0 ? `${ending}, ${count(lasting)} go on: ptyline serve takes them up again` : ending
}

/** How many running sessions a stop does not end. */
function goingOn(sessions: Sessions): number {
  return sessions.list().filter(session => session.state === "running" && sessions.outlives(session)).length
}

const count = (n: number) => `${n} session${n === 1 ? "" : "s"}`

/** Who presses Ctrl-C may not know what goes on without the server: the first one says it, the second one leaves. */
async function signalToLeave(sessions: Sessions, ephemeral: boolean): Promise<string> {
  const first = await nextSignal()
  const lasting = ephemeral ? 0 : goingOn(sessions)
  if (first !== "SIGINT" || !process.stdin.isTTY || lasting === 0) return first
  const second = nextSignal()
  process.stderr.write(
    `\n${count(lasting)} will go on without this server. To come back to them: ptyline serve. To end them: ptyline end --all\n` +
      "Ctrl-C once more stops the server.\n",
  )
  return second
}

function nextSignal(): Promise<string> {
  const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const
  return new Promise(resolve => {
    const heard = (name: string) => {
      for (const other of names) process.off(other, heard)
      resolve(name)
    }
    for (const name of names) process.on(name, heard)
  })
}
