// What these tools know about a session beyond the core: its scope, its readers, when it was used last.

import type { Session } from "../../core/session/session.ts"
import { StreamReader } from "./reader.ts"

export const SCOPES = ["read-only", "read-write", "control", "admin"] as const
export type Scope = (typeof SCOPES)[number]
export const STREAMS = ["pty", "stdout", "stderr"] as const
export type StreamName = (typeof STREAMS)[number]
export type TtyMode = "raw" | "cooked"

/** What is kept with the session, so that it is the same after a restart. */
export type McpSessionRecord = {
  command: string
  scope: Scope
  name: string | null
  tag: string | null
  ttyMode: TtyMode
  maxRuntimeSec: number
  recoveredAt: number | null
}

/** Of all sessions that came from these tools. */
export const ORIGIN_TAG = "mcp"
const SPACE = "mcp"

const books = new WeakMap<Session, McpSession>()

/** The one book of a session, whoever asks: a byte is consumed once, not once per connection. */
export function mcpSessionOf(session: Session): McpSession {
  const known = books.get(session) ?? new McpSession(session)
  books.set(session, known)
  return known
}

export class McpSession {
  readonly session: Session
  readTimeoutMs: number | null = null
  lastUsed = Date.now()
  /** Clients that came by the lease tools; others that hold a lease are people. */
  readonly clients = new Set<string>()
  #readers = new Map<StreamName, StreamReader>()
  #received = 0
  #chunks = 0

  constructor(session: Session) {
    this.session = session
  }

  get facts(): McpSessionRecord {
    const kept = this.session.records.get(SPACE, "facts") as McpSessionRecord | undefined
    return kept ?? factsOf(this.session)
  }

  set facts(facts: McpSessionRecord) {
    this.session.records.put(SPACE, "facts", facts)
  }

  /** Reads a session from its birth; others are read from what is kept when they are first asked for. */
  begin(): void {
    for (const stream of STREAMS) this.reader(stream, 0)
  }

  /** Null for stdout and stderr of a session that has them on its terminal. */
  reader(stream: StreamName, from?: number): StreamReader | null {
    const { log, streams } = this.session.output
    const source = stream === "pty" ? log : streams?.[stream]
    if (!source) return null
    const reader = this.#readers.get(stream) ?? new StreamReader(this.session, source, from ?? source.base)
    this.#readers.set(stream, reader)
    return reader
  }

  /** A number for the next answer. */
  nextChunk(): number {
    return ++this.#chunks
  }

  use(): void {
    this.lastUsed = Date.now()
  }

  /** When it was last used, with input from elsewhere and attached viewers counted. */
  activity(): number {
    const { input, viewers } = this.session
    if (input.accepted !== this.#received || viewers.count > 0) this.use()
    this.#received = input.accepted
    return this.lastUsed
  }
}

/** A shell's script is the command. */
const commandOf = (argv: string[]): string =>
  argv.length === 3 && /^-[a-z]*c$/.test(argv[1]!) ? argv[2]! : argv.join(" ")

/** A session that came from elsewhere. */
function factsOf({ spec, name, tags }: Session): McpSessionRecord {
  return {
    command: commandOf(spec.argv),
    scope: "read-write",
    name,
    tag: tags.find(tag => tag !== ORIGIN_TAG) ?? null,
    ttyMode: spec.raw ? "raw" : "cooked",
    maxRuntimeSec: 0,
    recoveredAt: null,
  }
}
