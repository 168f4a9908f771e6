// Recovery of panes from an earlier server: stores a record of each, and recovers those that are unchanged.

import type { LeaseChange } from "../../core/access/lease.ts"
import { SESSION_VARIABLE } from "../../core/access/policy.ts"
import { PtylineError } from "../../core/lib/errors.ts"
import type { DurableSession } from "../../core/registry/durable.ts"
import type { Recovery } from "../../core/registry/recovery.ts"
import { workspaceKey } from "../../core/registry/workspaces.ts"
import type { Size } from "../../core/session/backend.ts"
import type { Fact, Records } from "../../core/session/records.ts"
import type { Session } from "../../core/session/session.ts"
import { rootOf } from "../process/tree.ts"
import type { TmuxBackend } from "./backend.ts"
import type { PaneInfo, TmuxPane } from "./server.ts"

const SPACE = "tmux"

/** `start`: start time of the pane's process. The environment is left out: variables may be secrets. */
type PaneRecord = {
  id: string
  name: string | null
  owner: string | null
  workspace: string | null
  tags: string[]
  argv: string[]
  cwd: string
  size: Size
  echo: boolean
  raw: boolean
  logLimit: number
  createdAt: string
  lease: (Omit<LeaseChange, "at"> & { at: string }) | null
  pane: TmuxPane
  start: number
}

export class TmuxRecovery implements Recovery {
  #backend: TmuxBackend
  #records: Records

  constructor(backend: TmuxBackend, records: Records) {
    this.#backend = backend
    this.#records = records
  }

  note(session: Session): void {
    const pane = this.#backend.paneOf(session.id)
    if (!pane || session.life.state !== "running") return
    const { id, name, owner, workspace, tags, spec, size, log, createdAt, lease } = session
    const record: PaneRecord = {
      ...{ id, name, owner, workspace, tags, argv: spec.argv, cwd: spec.cwd, size },
      ...{ echo: spec.echo, raw: spec.raw ?? false, logLimit: log.limit },
      createdAt: createdAt.toISOString(),
      lease: lease.last && { ...lease.last, at: lease.last.at.toISOString() },
      pane,
      start: rootOf(pane.pid, id).start,
    }
    this.#records.put(SPACE, id, record as unknown as Fact)
  }

  forget(id: string): void {
    this.#backend.forget(id)
    this.#records.remove(SPACE, id)
  }

  recover(name: string, owner: string): DurableSession[] {
    const stored = this.#records.list(SPACE).map(([, fact]) => fact as unknown as PaneRecord)
    const lost = stored.filter(({ id }) => this.#backend.paneOf(id) === undefined)
    const named = lost.filter(record => record.name === name && record.owner === owner)
    const [wanted] = named
    if (!wanted) throw new PtylineError("not_found", `no recoverable session ${JSON.stringify(name)}`)
    if (named.length > 1) throw refused("more than one session has this name")
    const workspace = lost.filter(({ pane }) => pane.group === wanted.pane.group)
    this.#check(workspace, wanted.pane.group)
    return [wanted, ...workspace.filter(record => record !== wanted)].map(record => this.#session(record))
  }

  /** Throws `conflict` unless tmux has exactly the recorded panes of the workspace. */
  #check(workspace: PaneRecord[], group: string): void {
    const found = this.#backend.server.panes().filter(pane => pane.group === group)
    for (const record of workspace) {
      const label = record.name ?? record.id
      const panes = found.filter(pane => pane.window === record.pane.window)
      if (panes.length === 0) throw refused(`the pane of ${label} is gone`)
      if (panes.length > 1) throw refused(`the pane of ${label} exists twice`)
      if (!isSame(panes[0]!, record)) throw refused(`the pane of ${label} has another process`)
    }
    if (found.some(pane => !workspace.some(record => record.pane.window === pane.window)))
      throw refused("the workspace has an unknown pane")
  }

  #session(record: PaneRecord): DurableSession {
    const { id, name, owner, workspace, tags, argv, cwd, size, echo, raw, logLimit, pane, lease } = record
    const { kind, tty, answers, recoverable } = this.#backend
    const group = workspace === null ? {} : { workspace: workspaceKey(owner, workspace) }
    const spec = { argv, cwd, env: { [SESSION_VARIABLE]: id }, size, echo, raw, ...group }
    return {
      options: {
        ...{ id, spec, backend: kind, tty, answers, recoverable, separateStreams: false },
        ...{ logLimit, name, tags, owner, workspace, warnings: [], createdAt: new Date(record.createdAt) },
        lastLease: lease && { ...lease, at: new Date(lease.at) },
      },
      connect: async sink => this.#backend.recover(pane, sink, id),
      exit: null,
    }
  }
}

/** Whether a pane has its recorded process, not a later one with the same number. */
const isSame = (found: PaneInfo, { id, pane, start }: PaneRecord): boolean =>
  found.pane === pane.pane && found.pid === pane.pid && start > 0 && rootOf(found.pid, id).start === start

const refused = (why: string): PtylineError => new PtylineError("conflict", `recovery refused: ${why}`)
