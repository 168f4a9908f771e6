// `ptyline serve`: starts a server, waits for a reason to stop, and stops it.

import { rmSync } from "node:fs"
import { join } from "node:path"
import type { Logger } from "@logtape/logtape"
import { backendList } from "../../backends/choose.ts"
import type { MopSurface } from "../../compat/mop/http/routes.ts"
import { Terminals } from "../../compat/mrmd/terminals.ts"
import { surviveUncaughtErrors } from "../../core/lib/uncaught-errors.ts"
import type { Sessions } from "../../core/registry/sessions.ts"
import { Auth, newToken } from "../../http/access/auth.ts"
import { serverFacts } from "../../http/api/facts.ts"
import { createApp } from "../../http/app.ts"
import { McpSurface } from "../../mcp/protocol/surface.ts"
import type { HttpListener } from "../../runtime/types.ts"
import { checkpointScreens } from "../../screen/screen-checkpoints.ts"
import { screens } from "../../screen/screens.ts"
import { Plugins } from "../../services/plugins.ts"
import { type Certificate, daysLeft, loadCertificate } from "../../store/secrets/certificates.ts"
import { StateDirectory, stateDirectory } from "../../store/state/directory.ts"
import { dataDirectory } from "../compat/data-directory.ts"
import { openMop } from "../compat/mop.ts"
import { forgetBackground, lingering } from "../connect/background.ts"
import type { Variables } from "../lib/flags.ts"
import { settingsOf } from "../lib/settings.ts"
import { faultLogger, openCore, requireApprovals } from "./core.ts"
import type { Preset } from "./flags.ts"
import { listenEverywhere } from "./listening.ts"
import { openLog } from "./log.ts"
import { type ServeOptions, serveOptions } from "./options.ts"
import { logged } from "./request-log.ts"
import { logSessions } from "./session-log.ts"
import { nextSignal, STOP_GRACE_MS, stopEffect, stopSignal } from "./shutdown.ts"

/** How long before the expiry of a certificate a warning is logged. */
const EXPIRY_WARNING_DAYS = 30

type Running = {
  mcp: McpSurface
  mop: MopSurface | null
  terminals: Terminals | undefined
  sessions: Sessions
  plugins: Plugins
  listener: HttpListener
  state: StateDirectory
  log: Logger
  url: string
  token: string | null
}

/** Serves until a signal, or until no session has run for --linger. Resolves with the exit code. */
export async function serve(args: string[], env: Variables, preset: Preset | null = null): Promise<number> {
  const options = serveOptions(args, env, preset, preset ? {} : await settingsOf("serve", env))
  const log = openLog(options.log, options.debug ? "debug" : "info")
  const state = new StateDirectory(join(stateDirectory(env), options.stateName ?? ""))
  let running: Running
  try {
    running = await start(options, state, log, env)
  } catch (error) {
    state.release()
    throw error
  }
  surviveUncaughtErrors(faultLogger(log))
  if (options.lingerS === null) forgetBackground(state.directory)
  const stopping = Promise.race([
    stopSignal(running.sessions, options.ephemeral),
    lingering(running.sessions, options.lingerS),
  ])
  printUrl(running)
  const kept = await stop(running, await stopping, options.ephemeral)
  // launchers use any free port, so directories would accumulate
  if (options.stateName !== null && !kept) rmSync(state.directory, { recursive: true, force: true })
  return 0
}

async function start(
  options: ServeOptions,
  state: StateDirectory,
  log: Logger,
  env: Variables,
): Promise<Running> {
  const token = options.auth ? state.token(newToken) : null
  const { argv, cwd, pty } = options
  const data = dataPath(options, state, log)
  const made = options.ssl ? await certificate(data, options.address.hostname, log) : null
  const address = { ...options.address, tls: made ?? options.address.tls }
  const plugins = new Plugins({ data, host: address.hostname, tls: made, env }, ({ name, reason }) =>
    log.warn("plugin {name}: {reason}", { name, reason }),
  )
  const own = serverFacts(argv, cwd, () => backendList(pty))
  const sessions = await openCore({ ...options, env }, state, log)
  requireApprovals(options.approve, options.dangerous, sessions)
  const mcp = new McpSurface({ sessions, onFault: faultLogger(log) }, env, options.conformanceFixtures)
  const mop = options.commandGiven ? await openMop(options, sessions, data, env, log) : null
  const terminals = options.mrmd ? new Terminals(sessions) : undefined
  const facts = () => ({ ...own(), plugins: plugins.info })
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
  state.announce({ pid: process.pid, url, started_at: own().started_at })
  void logSessions(sessions, log)
  void checkpointScreens(sessions, screens)
  plugins.start()
  return { mcp, mop, terminals, sessions, plugins, listener, state, log, url, token }
}

/** Returns the directory of MOP's files and certificates. Logs a warning if `./moppy` is not used. */
function dataPath(options: ServeOptions, state: StateDirectory, log: Logger): string {
  const { path, warning } = dataDirectory(options.moppy, options.preset === "mop", state.directory)
  if (warning) log.warn("{warning}", { warning })
  if (options.legacy) log.info("--legacy has no effect")
  return path
}

/** Returns the server's certificate, created if missing. Logs a warning if it expires soon. */
async function certificate(data: string, hostname: string, log: Logger): Promise<Certificate> {
  const made = await loadCertificate(data, [hostname])
  const days = daysLeft(made)
  if (days < EXPIRY_WARNING_DAYS)
    log.warn("the certificate {path} expires in {days} days; renew it with: ptyline cert renew", {
      path: made.certPath,
      days,
    })
  return made
}

function hostInUrl(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "localhost"
  return host.includes(":") ? `[${host}]` : host
}

/** Prints the URL with the token in its fragment, which browsers do not send. Nothing else prints it. */
function printUrl({ url, token, state, log }: Running): void {
  process.stdout.write(`${url}${token ? `#token=${token}` : ""}\n`)
  log.info("serving", { url, state: state.directory, auth: token !== null })
}

/**
 * Stops the server. Sessions get a grace period; a second signal ends it.
 * Resolves with true if the state directory has something for the next server.
 */
async function stop(running: Running, reason: string, ephemeral: boolean): Promise<boolean> {
  const { mcp, mop, terminals, sessions, plugins, listener, state, log, token } = running
  const kept = token !== null || (!ephemeral && sessions.list().some(session => sessions.outlives(session)))
  log.info(`${reason}: stopping${stopEffect(sessions, ephemeral)}`)
  const impatient = nextSignal().then(() => sessions.close(0, ephemeral))
  const patient = async () => {
    await Promise.all([mop?.mop.close(), terminals?.close()])
    await mcp.close()
    await sessions.close(STOP_GRACE_MS, ephemeral)
  }
  await Promise.all([Promise.race([patient(), impatient]), plugins.stop()])
  await listener.stop()
  state.release()
  return kept
}
