// Approvals of dangerous commands by a person. One approval is good for one start.

import { createHash, randomBytes } from "node:crypto"
import { PtylineError } from "../lib/errors.ts"
import { Wake } from "../lib/wake.ts"
import { type Confirmations, type DangerRule, dangersOf, plainCommand } from "./danger.ts"

/** Limit of open approvals: more would swamp the person who reads them. */
const MAX_OPEN = 20
/** Limit of remembered approvals, decided ones included. */
const MAX_REMEMBERED = 200
/** How long an approval stays open, and then how long it can be used, in ms. */
const APPROVAL_TTL_MS = 300_000

/** The start to approve. `cwd` and `env`, if given, limit the approval; `null` stands for the default. */
type ApprovalRequest = {
  command: string
  owner?: string
  scope?: string
  cwd?: string | null
  env?: Record<string, string> | null
  reason?: string
  /** The caller, as far as the surface knows. */
  by: string
}

export type Approval = Omit<ApprovalRequest, "env"> & {
  id: string
  matches: string[]
  /** Names of the variables that the start sets. */
  variables: string[]
  state: "open" | "approved" | "denied" | "used" | "expired"
  decidedBy: string | null
  askedAt: Date
  expiresAt: Date
}

/** A start to check. `approval` is the id of an approval for it. */
export type ProposedStart = {
  argv?: string[]
  command?: string
  cwd?: string
  env?: Record<string, string>
  owner?: string
  scope?: string
  approval?: string
  reason?: string
  by?: string
  /** Whether a surface was given a confirmation for exactly this start. */
  confirmed?: boolean
}

type PendingApproval = { approval: Approval; binding: string | null; timer: ReturnType<typeof setTimeout> }

export class Approvals {
  /** Fires when an approval is asked for, decided, used or expired. */
  readonly changed = new Wake()
  #rules: DangerRule[]
  #confirmations: Confirmations
  #ttlMs: number
  #listeners = new Set<(approval: Approval) => void>()
  #approvals = new Map<string, PendingApproval>()

  /** `rules` decide what needs an approval; `confirmations` issues tokens for surfaces that use them. */
  constructor(rules: DangerRule[], confirmations: Confirmations, ttlMs = APPROVAL_TTL_MS) {
    this.#rules = rules
    this.#confirmations = confirmations
    this.#ttlMs = ttlMs
  }

  /** Calls `listener` with every approval that changes, until the returned function is called. */
  listen(listener: (approval: Approval) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  matches(command: string): string[] {
    return dangersOf(command, this.#rules)
  }

  /** Returns the open approvals, oldest first. */
  open(): Approval[] {
    return [...this.#approvals.values()]
      .map(({ approval }) => approval)
      .filter(({ state }) => state === "open")
  }

  /** Throws `not_found`. */
  get(id: string): Approval {
    return this.#get(id).approval
  }

  /** Opens an approval. Throws `limit_reached` when too many are open. */
  ask(request: ApprovalRequest): Approval {
    if (this.open().length >= MAX_OPEN)
      throw new PtylineError("limit_reached", `too many open approvals: at most ${MAX_OPEN}`)
    const { env, ...asked } = request
    const command = plainCommand(request.command)
    const approval: Approval = {
      ...asked,
      command,
      id: `ap_${randomBytes(16).toString("hex")}`,
      matches: dangersOf(command, this.#rules),
      variables: Object.keys(env ?? {}).sort(),
      state: "open",
      decidedBy: null,
      askedAt: new Date(),
      expiresAt: new Date(Date.now() + this.#ttlMs),
    }
    const binding = request.cwd === undefined && env === undefined ? null : bindingOf(request)
    this.#dropDecided()
    this.#approvals.set(approval.id, { approval, binding, timer: this.#expiry(approval) })
    this.#announce(approval)
    return approval
  }

  /** Decides an open approval. The caller checks that `by` is a person. Throws `not_found`, `conflict`. */
  decide(id: string, yes: boolean, by: string): Approval {
    const entry = this.#get(id)
    const { approval } = entry
    if (approval.state !== "open")
      throw new PtylineError("conflict", `this approval is already ${approval.state}`, {
        state: approval.state,
      })
    approval.state = yes ? "approved" : "denied"
    approval.decidedBy = by
    clearTimeout(entry.timer)
    if (yes) {
      approval.expiresAt = new Date(Date.now() + this.#ttlMs)
      entry.timer = this.#expiry(approval)
    }
    this.#announce(approval)
    return approval
  }

  /** Resolves when the approval is no longer open, after `ms`, or when `signal` aborts. */
  async outcome(id: string, ms: number, signal?: AbortSignal): Promise<Approval> {
    const deadline = performance.now() + ms
    const { approval } = this.#get(id)
    while (approval.state === "open" && !signal?.aborted && performance.now() < deadline)
      await this.changed.wait(signal, deadline - performance.now())
    return approval
  }

  /** Turns an approval into a confirmation token for one start. Throws `denied` unless it is approved. */
  confirmation(id: string): { token: string; expiresAt: Date } {
    const { approval } = this.#get(id)
    const { command, owner, scope } = approval
    this.#use(approval)
    return this.#confirmations.issue({ command, owner, scope }, approval.expiresAt.getTime() - Date.now())
  }

  /**
   * Uses up the approval of a dangerous start. Without one, opens an approval and throws `denied` with its
   * id. Call the returned function when the start failed: the approval is good again.
   */
  admit(start: ProposedStart): () => void {
    const command = commandOf(start)
    if (start.confirmed || command === null || dangersOf(command, this.#rules).length === 0) return () => {}
    const entry = start.approval === undefined ? this.#find(start, command) : this.#get(start.approval)
    if (!entry) throw this.#required(start, command)
    const differs = difference(entry, start, command)
    if (differs) throw new PtylineError("denied", `this approval is for another ${differs}`)
    this.#use(entry.approval)
    return () => this.#become(entry.approval, "approved")
  }

  /** Finds the caller's approval of exactly this start, for surfaces that cannot pass an approval's id. */
  #find(start: ProposedStart, command: string): PendingApproval | undefined {
    const { by = "unknown" } = start
    return [...this.#approvals.values()].find(
      entry =>
        entry.approval.state === "approved" &&
        entry.approval.by === by &&
        entry.binding !== null &&
        difference(entry, start, command) === null,
    )
  }

  #required(start: ProposedStart, command: string): PtylineError {
    const { owner, scope, cwd = null, env = {}, reason, by = "unknown" } = start
    const { id, matches } = this.ask({ command, owner, scope, cwd, env, reason, by })
    return new PtylineError(
      "denied",
      `dangerous command detected; a person must approve it: ptyline approve ${id}`,
      { approval: id, matches },
    )
  }

  #use(approval: Approval): void {
    if (approval.state !== "approved")
      throw new PtylineError("denied", `this approval is ${approval.state}`, { state: approval.state })
    this.#become(approval, "used")
  }

  #become(approval: Approval, state: Approval["state"]): void {
    approval.state = approval.expiresAt.getTime() <= Date.now() ? "expired" : state
    this.#announce(approval)
  }

  #expiry(approval: Approval): ReturnType<typeof setTimeout> {
    const due = () => {
      if (approval.state !== "open" && approval.state !== "approved") return
      approval.state = "expired"
      this.#announce(approval)
    }
    const timer = setTimeout(due, this.#ttlMs)
    timer.unref?.()
    return timer
  }

  #announce(approval: Approval): void {
    for (const listener of [...this.#listeners]) listener(approval)
    this.changed.fire()
  }

  #get(id: string): PendingApproval {
    const entry = this.#approvals.get(id)
    if (!entry) throw new PtylineError("not_found", `no approval ${JSON.stringify(id.slice(0, 80))}`)
    return entry
  }

  #dropDecided(): void {
    for (const [id, { approval, timer }] of this.#approvals) {
      if (this.#approvals.size < MAX_REMEMBERED) return
      if (approval.state === "open" || approval.state === "approved") continue
      clearTimeout(timer)
      this.#approvals.delete(id)
    }
  }
}

/** Returns the command line of a start, or a shell's script; null for the server's default command. */
export function commandOf({ argv, command }: ProposedStart): string | null {
  if (command !== undefined) return plainCommand(command)
  if (!argv) return null
  const [, flag, script] = argv
  if (argv.length === 3 && script !== undefined && /^-[a-z]*c$/.test(flag!)) return plainCommand(script)
  return plainCommand(argv.join(" "))
}

/** Returns what is not as approved: command, owner, scope, directory or environment; null when all is. */
function difference(
  { approval, binding }: PendingApproval,
  start: ProposedStart,
  command: string,
): string | null {
  if (approval.command !== command) return "command"
  if (approval.owner !== undefined && approval.owner !== start.owner) return "owner"
  if (approval.scope !== undefined && approval.scope !== start.scope) return "scope"
  return binding !== null && binding !== bindingOf(start) ? "directory or environment" : null
}

function bindingOf({ cwd, env }: { cwd?: string | null; env?: Record<string, string> | null }): string {
  const variables = Object.entries(env ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  return createHash("sha256")
    .update(JSON.stringify([cwd ?? null, variables]))
    .digest("hex")
}
