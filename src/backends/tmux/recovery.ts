// Panes of an earlier server: what is written down of each, and taking up those that are exactly as they were left.

import { SESSION_VARIABLE } from "../../core/access/policy.ts"
import type { LeaseChange } from "../../core/access/principal.ts"
import { PtylineError } from "../../core/lib/errors.ts"
import type { DurableSession } from "../../core/log/archive.ts"
import type { Recovery } from "../../core/registry/recovery.ts"
import { workspaceKey } from "../../core/registry/workspaces.ts"
import type { Size } from "../../core/session/backend.ts"
import type { Fact, Records } from "../../core/session/records.ts"
import type { Session } from "../../core/session/session.ts"
import { rootOf } from "../process/tree.ts"
import type { TmuxBackend } from "./backend.ts"
import type { Seen, TmuxPane } from "./server.ts"

const SPACE = "tmux"

/** `start`: when the pane's process began, which tells it from a later one with its number. No variables: they may be secrets. */
type Noted = {
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

  holds(session: Session): boolean {
    return session.backend === this.#backend.kind
  }

  note(session: Session): void {
    const pane = this.#backend.paneOf(session.id)
    if (!pane || session.life.state !== "running") return
    const { id, name, owner, workspace, tags, spec, size, log, createdAt, lease } = session
    const noted: Noted = {
      ...{ id, name, owner, workspace, tags, argv: spec.argv, cwd: spec.cwd, size },
      ...{ echo: spec.echo, raw: spec.raw ?? false, logLimit: log.limit },
      createdAt: createdAt.toISOString(),
      lease: lease.last && { ...lease.last, at: lease.last.at.toISOString() },
      pane,
      start: rootOf(pane.pid, id).start,
    }
    this.#records.put(SPACE, id, noted as unknown as Fact)
  }

  forget(id: string): void {
    this.#backend.forget(id)
    this.#records.remove(SPACE, id)
  }

  recover(name: string, owner: string): DurableSession[] {
    const noted = this.#records.list(SPACE).map(([, fact]) => fact as unknown as Noted)
    const known = noted.filter(one => this.#backend.paneOf(one.id) === undefined)
    const named = known.filter(one => one.name === name && one.owner === owner)
    const [wanted] = named
    if (!wanted) throw new PtylineError("not_found", `no recoverable session ${JSON.stringify(name)}`)
    if (named.length > 1) throw refused("more than one session has that name")
    const together = known.filter(one => one.pane.group === wanted.pane.group)
    this.#check(together, wanted.pane.group)
    return [wanted, ...together.filter(one => one !== wanted)].map(one => this.#kept(one))
  }

  /** Nothing is taken up unless all of the workspace is there, and nothing else is. */
  #check(together: Noted[], group: string): void {
    const seen = this.#backend.server.panes().filter(pane => pane.group === group)
    for (const one of together) {
      const panes = seen.filter(pane => pane.window === one.pane.window)
      if (panes.length === 0) throw refused(`the pane of ${one.name ?? one.id} is gone`)
      if (panes.length > 1) throw refused(`the pane of ${one.name ?? one.id} is there twice`)
      if (!isSame(panes[0]!, one)) throw refused(`the pane of ${one.name ?? one.id} is not the one it was`)
    }
    if (seen.some(pane => !together.some(one => one.pane.window === pane.window)))
      throw refused("a pane is there that nobody knows")
  }

  #kept(one: Noted): DurableSession {
    const { id, name, owner, workspace, tags, argv, cwd, size, echo, raw, logLimit, pane, lease } = one
    const group = workspace === null ? {} : { workspace: workspaceKey(owner, workspace) }
    const spec = { argv, cwd, env: { [SESSION_VARIABLE]: id }, size, echo, raw, ...group }
    return {
      options: {
        ...{ id, spec, backend: this.#backend.kind, tty: true, answers: true, separateStreams: false },
        ...{ logLimit, name, tags, owner, workspace, warnings: [], createdAt: new Date(one.createdAt) },
        lastLease: lease && { ...lease, at: new Date(lease.at) },
      },
      connect: async sink => this.#backend.takeUp(pane, sink, id),
      exit: null,
    }
  }
}

/** The same process in the same pane, and not one that has their numbers now. */
const isSame = (seen: Seen, { id, pane, start }: Noted): boolean =>
  seen.pane === pane.pane && seen.pid === pane.pid && start > 0 && rootOf(seen.pid, id).start === start

const refused = (why: string): PtylineError => new PtylineError("conflict", `recovery refused: ${why}`)
