// A session as the MCP tools use it: its stored record, its readers and the time of its last use.

import type { Session } from "../../core/session/session.ts"
import { StreamReader } from "./reader.ts"

export const SCOPES = ["read-only", "read-write", "control", "admin"] as const
export type Scope = (typeof SCOPES)[number]
export const STREAMS = ["pty", "stdout", "stderr"] as const
export type StreamName = (typeof STREAMS)[number]
export type TtyMode = "raw" | "cooked"

/** Stored with the session, so that it survives a restart. */
export type McpSessionRecord = {
  command: string
  scope: Scope
  name: string | null
  tag: string | null
  ttyMode: TtyMode
  maxRuntimeSec: number
  recoveredAt: number | null
}

/** Marks every session that these tools started. */
export const ORIGIN_TAG = "mcp"
const [SPACE, KEY] = ["mcp", "facts"]

const mcpSessions = new WeakMap<Session, McpSession>()

/** Returns the session's only `McpSession`. Connections share its readers, so each byte is consumed once. */
export function mcpSessionOf(session: Session): McpSession {
  const known = mcpSessions.get(session) ?? new McpSession(session)
  mcpSessions.set(session, known)
  return known
}

export class McpSession {
  readonly session: Session
  readTimeoutMs: number | null = null
  lastUsed = Date.now()
  /** Clients that used the lease tools. Any other lease owner is a person. */
  readonly leaseClients = new Set<string>()
  #readers = new Map<StreamName, StreamReader>()
  #inputSeen = 0
  #chunks = 0

  constructor(session: Session) {
    this.session = session
  }

  get record(): McpSessionRecord {
    const stored = this.session.records.get(SPACE, KEY) as McpSessionRecord | undefined
    return stored ?? defaultRecord(this.session)
  }

  set record(record: McpSessionRecord) {
    this.session.records.put(SPACE, KEY, record)
  }

  /** Starts all readers at offset 0. Without this call they start at the oldest retained byte. */
  readFromStart(): void {
    for (const stream of STREAMS) this.reader(stream, 0)
  }

  /** Null for stdout and stderr of a session without separate streams. */
  reader(stream: StreamName, from?: number): StreamReader | null {
    const { log, streams } = this.session.output
    const source = stream === "pty" ? log : streams?.[stream]
    if (!source) return null
    const reader = this.#readers.get(stream) ?? new StreamReader(this.session, source, from ?? source.base)
    this.#readers.set(stream, reader)
    return reader
  }

  nextChunkId(): number {
    return ++this.#chunks
  }

  touch(): void {
    this.lastUsed = Date.now()
  }

  /** Returns the time of the last use. Input from other surfaces and attached viewers count as use. */
  lastActivity(): number {
    const { input, viewers } = this.session
    if (input.accepted !== this.#inputSeen || viewers.count > 0) this.touch()
    this.#inputSeen = input.accepted
    return this.lastUsed
  }
}

/** The script of `sh -c`, or all words. */
const commandOf = (argv: string[]): string =>
  argv.length === 3 && /^-[a-z]*c$/.test(argv[1]!) ? argv[2]! : argv.join(" ")

/** The record of a session that another surface started. */
function defaultRecord({ spec, name, tags }: Session): McpSessionRecord {
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
