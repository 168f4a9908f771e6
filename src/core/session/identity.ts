// What a session is known by: its id and name, what it runs, whose it is, and when it was last used.

import type { Spec } from "./backend.ts"
import type { Restart, SessionOptions } from "./options.ts"
import type { Launch } from "./output.ts"
import { Records } from "./records.ts"

let activities = 0

export class SessionIdentity {
  readonly options: SessionOptions
  readonly id: string
  readonly spec: Spec
  readonly backend: string
  readonly tty: boolean
  /** Whether a later server can find its process again without a holder. */
  readonly recoverable: boolean
  readonly warnings: string[]
  readonly owner: string | null
  readonly workspace: string | null
  readonly createdAt: Date
  readonly restart: Restart
  readonly launches: Launch[]
  /** What surfaces store about the session; survives with it. */
  readonly records: Records
  name: string | null
  tags: string[]
  /** Whether an orderly stop of the server ends it, though durable. After a change: `Sessions.updated`. */
  endsWithServer: boolean
  lastActiveAt: Date
  /** Counter of activity over all sessions: gives an order where timestamps are equal. */
  activity = ++activities

  constructor(options: SessionOptions) {
    this.options = { ...options, earlier: undefined }
    this.id = options.id
    this.spec = options.spec
    this.backend = options.backend
    this.tty = options.tty
    this.recoverable = options.recoverable === true
    this.name = options.name
    this.tags = options.tags
    this.owner = options.owner
    this.workspace = options.workspace ?? null
    this.warnings = options.warnings
    this.restart = options.restart ?? "manual"
    this.launches = options.launches ?? []
    this.records = options.earlier?.records ?? new Records(options.facts)
    this.endsWithServer = options.endsWithServer ?? false
    this.createdAt = options.createdAt ?? new Date()
    this.lastActiveAt = this.createdAt
  }

  /** The name shown to people: the session's name, or its id. */
  get label(): string {
    return this.name ?? this.id
  }

  /** When the current process started. */
  get launchedAt(): Date {
    const last = this.launches.at(-1)
    return last ? new Date(last.at) : this.createdAt
  }

  touch(at = new Date()): void {
    this.lastActiveAt = at
    this.activity = ++activities
  }
}
