// Launcher: starts a session's process, here or in a process that outlives the server.

import { planSpawn, type SpawnDefaults } from "../access/policy.ts"
import { hasCode, PtylineError } from "../lib/errors.ts"
import type { Limits } from "../lib/limits.ts"
import { LogReader } from "../log/reader.ts"
import type { Backend } from "../session/backend.ts"
import type { ChooseBackend, CreateRequest } from "../session/create-request.ts"
import type { SessionOptions } from "../session/options.ts"
import { Session } from "../session/session.ts"
import { SCAN_WINDOW } from "../session/watcher.ts"
import type { DurableSession, DurableSessions } from "./durable.ts"
import { workspaceKey } from "./workspaces.ts"

const NO_HOLDERS = "ends with the server, which was started without holders"
const usingPipes = (error: PtylineError) => `no terminal available; using pipes: ${error.message}`
const notDurable = ({ kind: backend }: Backend) =>
  new PtylineError("invalid_input", `a session on backend ${backend} cannot be durable`, { backend })

const MAX_LAUNCHES = 1000

type Placement = { durable: boolean; warnings: string[] }

export class Launcher {
  #choose: ChooseBackend
  #defaults: SpawnDefaults
  #limits: Limits
  #store: DurableSessions | null

  constructor(choose: ChooseBackend, defaults: SpawnDefaults, limits: Limits, store: DurableSessions | null) {
    this.#choose = choose
    this.#defaults = defaults
    this.#limits = limits
    this.#store = store
  }

  /** Decides whether a session is durable. Throws `invalid_input` for an unknown backend. */
  place({ durable, backend: kind, separateStreams }: CreateRequest): Placement {
    const { backend } = this.#choose(kind, separateStreams)
    if (durable === false) return { durable, warnings: [] }
    if (!this.#store?.starts) return { durable: false, warnings: durable ? [NO_HOLDERS] : [] }
    return { durable: durable ?? backend.durable === "default", warnings: [] }
  }

  /** Starts a session in this process, at once. */
  startHere(request: CreateRequest, warnings: string[] = []): Session {
    const { backend, fallback } = this.#choose(request.backend, request.separateStreams)
    try {
      return this.#spawn(this.#options(request, backend, warnings), backend)
    } catch (error) {
      if (!fallback || !hasCode(error, "unavailable")) throw error
      return this.#spawn(this.#options(request, fallback, [...warnings, usingPipes(error)]), fallback)
    }
  }

  /** Starts a durable session. Starts it here when that is unavailable and the request does not demand it. */
  async startDurable(request: CreateRequest): Promise<Session> {
    try {
      return await this.adopt(await this.#startStored(request))
    } catch (error) {
      if (request.durable || !hasCode(error, "unavailable")) throw error
      return this.startHere(request, [`ends with the server: ${error.message}`])
    }
  }

  /** Adopts a stored session, running or ended. A session whose process cannot be reached is lost. */
  async adopt({ options, connect, exit }: DurableSession): Promise<Session> {
    const session = new Session(options)
    const { start = 0, earlier } = options
    if (start > 0 && !earlier) await recall(session, start)
    const process = await connect?.(session.sink).catch(() => null)
    if (process) session.start(process)
    else {
      session.sink.exit(exit ?? { code: null, signal: null })
      session.sink.end()
    }
    return session
  }

  /** Starts an ended session again; its output continues. The caller removes the old session. */
  async relaunch(session: Session): Promise<Session> {
    const at = { offset: session.log.end, at: Date.now() }
    const options: SessionOptions = {
      ...session.options,
      ...{ name: session.name, tags: session.tags, endsWithServer: session.endsWithServer },
      ...{
        spec: { ...session.spec, size: session.size },
        launches: [...session.launches, at].slice(-MAX_LAUNCHES),
      },
      ...{ start: session.log.end, earlier: session },
    }
    if (session.durable) return this.adopt(await this.#store!.restart(options))
    const { backend } = this.#choose(session.backend, session.output.streams !== null)
    return this.#spawn(options, backend)
  }

  async #startStored(request: CreateRequest): Promise<DurableSession> {
    const { backend, fallback } = this.#choose(request.backend, request.separateStreams)
    if (!backend.durable) throw notDurable(backend)
    try {
      return await this.#store!.start(this.#options(request, backend, []))
    } catch (error) {
      if (!fallback || !hasCode(error, "unavailable")) throw error
      return this.#store!.start(this.#options(request, fallback, [usingPipes(error)]))
    }
  }

  #spawn(options: SessionOptions, backend: Backend): Session {
    const session = new Session(options)
    session.start(backend.spawn(session.spec, session.sink))
    return session
  }

  #options(request: CreateRequest, backend: Backend, warnings: string[]): SessionOptions {
    const id = newId()
    const { endsWithServer, timeoutMs, idleTimeoutMs, restart } = request
    return {
      ...{ id, endsWithServer, timeoutMs, idleTimeoutMs, restart, createdAt: new Date() },
      spec: {
        ...planSpawn(request, { ...this.#defaults, ...request.surroundings }, id, backend.tty),
        ...(request.workspace !== undefined && { workspace: workspaceKey(request.owner, request.workspace) }),
      },
      answers: backend.answers,
      recoverable: backend.recoverable,
      backend: backend.kind,
      tty: backend.tty,
      separateStreams: request.separateStreams,
      logLimit: request.logLimit ?? this.#limits.logBytes,
      name: request.name ?? null,
      tags: request.tags,
      owner: request.owner ?? null,
      workspace: request.workspace ?? null,
      warnings: [...(request.warnings ?? []), ...warnings],
    }
  }
}

/** Restores what an earlier server learned from the session's output: title, modes, separate streams. */
async function recall(session: Session, start: number): Promise<void> {
  const { archive, streams } = session.output
  const from = Math.max(0, start - SCAN_WINDOW)
  session.recall((await new LogReader(session).read(from, start - from)).bytes)
  if (streams) await archive?.restore(streams, start)
}

/** Returns a new session id: 144 random bits, URL-safe. */
export function newId(): string {
  return `s_${Buffer.from(crypto.getRandomValues(new Uint8Array(18))).toString("base64url")}`
}
