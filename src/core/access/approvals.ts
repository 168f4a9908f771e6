// Commands that a person must allow before they are started: asked for on any surface, decided by a person, good for one start.

import { createHash, randomBytes } from "node:crypto"
import { PtylineError } from "../lib/errors.ts"
import { Wake } from "../lib/wake.ts"
import { type Confirmations, type DangerRule, dangersOf, plainCommand } from "./danger.ts"

/** Questions that wait for an answer at once: more would bury the person who is to read them. */
const MOST_OPEN = 20
/** Decided questions whose outcome can still be asked for. */
const MOST_DECIDED = 200
/** How long a question waits, and how long its yes can be used, in ms. */
export const APPROVAL_TTL_MS = 300_000

/** What is to be started. `cwd` and `env` bind the answer where they are given; `null` means that they are still open. */
export type ApprovalRequest = {
  command: string
  owner?: string
  scope?: string
  cwd?: string | null
  env?: Record<string, string> | null
  reason?: string
  /** Who asks, as far as the surface knows. */
  by: string
}

export type Approval = Omit<ApprovalRequest, "env"> & {
  id: string
  matches: string[]
  /** Names of the variables that the start brings along. */
  variables: string[]
  state: "open" | "approved" | "denied" | "used" | "expired"
  /** Who decided. */
  decidedBy: string | null
  askedAt: Date
  expiresAt: Date
}

/** The parts of a start that an approval is about; `approval` is the id of one. */
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
  /** A surface has asked already, and was given a confirmation for just this. */
  confirmed?: boolean
}

type PendingApproval = { approval: Approval; binding: string | null; timer: ReturnType<typeof setTimeout> }

export class Approvals {
  /** Fires when one is asked for, decided, used or expired. */
  readonly changed = new Wake()
  #rules: DangerRule[]
  #confirmations: Confirmations
  #ttlMs: number
  #listeners = new Set<(approval: Approval) => void>()
  #kept = new Map<string, PendingApproval>()

  /** `rules` say what needs an approval; `confirmations` is where surfaces look that have tokens of their own. */
  constructor(rules: DangerRule[], confirmations: Confirmations, ttlMs = APPROVAL_TTL_MS) {
    this.#rules = rules
    this.#confirmations = confirmations
    this.#ttlMs = ttlMs
  }

  /** Calls `heard` with every approval that changed, until the returned function is called. */
  listen(heard: (approval: Approval) => void): () => void {
    this.#listeners.add(heard)
    return () => void this.#listeners.delete(heard)
  }

  /** The patterns by which a command needs an approval. */
  matches(command: string): string[] {
    return dangersOf(command, this.#rules)
  }

  /** Those that wait for a person, oldest first. */
  open(): Approval[] {
    return [...this.#kept.values()].map(kept => kept.approval).filter(({ state }) => state === "open")
  }

  /** Throws `not_found`. */
  get(id: string): Approval {
    return this.#get(id).approval
  }

  /** Puts a question before whoever may answer it. Throws `limit_reached` when too many wait. */
  ask(question: ApprovalRequest): Approval {
    if (this.open().length >= MOST_OPEN)
      throw new PtylineError("limit_reached", `${MOST_OPEN} commands wait for an approval already`)
    const { env, ...asked } = question
    const command = plainCommand(question.command)
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
    const binding = question.cwd === undefined && env === undefined ? null : bindingOf(question)
    this.#forgetDecided()
    this.#kept.set(approval.id, { approval, binding, timer: this.#expiry(approval) })
    this.#tell(approval)
    return approval
  }

  /** A person's answer; that it is a person's is the caller's business. Throws `not_found`, or `conflict` for a second answer. */
  decide(id: string, yes: boolean, by: string): Approval {
    const kept = this.#get(id)
    const { approval } = kept
    if (approval.state !== "open")
      throw new PtylineError("conflict", `this approval is ${approval.state} already`, {
        state: approval.state,
      })
    approval.state = yes ? "approved" : "denied"
    approval.decidedBy = by
    clearTimeout(kept.timer)
    if (yes) {
      approval.expiresAt = new Date(Date.now() + this.#ttlMs)
      kept.timer = this.#expiry(approval)
    }
    this.#tell(approval)
    return approval
  }

  /** Resolves once it is no longer open, after `ms`, or when `signal` aborts. */
  async outcome(id: string, ms: number, signal?: AbortSignal): Promise<Approval> {
    const deadline = performance.now() + ms
    const { approval } = this.#get(id)
    while (approval.state === "open" && !signal?.aborted && performance.now() < deadline)
      await this.changed.wait(signal, deadline - performance.now())
    return approval
  }

  /** Turns a yes into a confirmation token of this surface's own, for one start. Throws `denied` without one. */
  confirmation(id: string): { token: string; expiresAt: Date } {
    const { approval } = this.#get(id)
    const { command, owner, scope } = approval
    this.#use(approval)
    return this.#confirmations.give({ command, owner, scope }, approval.expiresAt.getTime() - Date.now())
  }

  /**
   * Lets a start pass or throws `denied` with the id of the approval that was asked for on its behalf. Call the returned function
   * when nothing was started after all: the approval is good again.
   */
  admit(start: ProposedStart): () => void {
    const command = commandOf(start)
    if (start.confirmed || command === null || dangersOf(command, this.#rules).length === 0) return () => {}
    const kept = start.approval === undefined ? this.#given(start, command) : this.#get(start.approval)
    if (!kept) throw this.#required(start, command)
    checkSame(kept, start, command)
    this.#use(kept.approval)
    return () => this.#become(kept.approval, "approved")
  }

  /** The yes to just this that the same caller was given: surfaces that cannot say an approval's id simply try again. */
  #given(start: ProposedStart, command: string): PendingApproval | undefined {
    const { by = "unknown" } = start
    return [...this.#kept.values()].find(
      kept => kept.approval.state === "approved" && kept.approval.by === by && isSame(kept, start, command),
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
    this.#tell(approval)
  }

  #expiry(approval: Approval): ReturnType<typeof setTimeout> {
    const due = () => {
      if (approval.state !== "open" && approval.state !== "approved") return
      approval.state = "expired"
      this.#tell(approval)
    }
    const timer = setTimeout(due, this.#ttlMs)
    timer.unref?.()
    return timer
  }

  #tell(approval: Approval): void {
    for (const heard of [...this.#listeners]) heard(approval)
    this.changed.fire()
  }

  #get(id: string): PendingApproval {
    const kept = this.#kept.get(id)
    if (!kept) throw new PtylineError("not_found", `no approval ${JSON.stringify(id.slice(0, 80))}`)
    return kept
  }

  #forgetDecided(): void {
    for (const [id, { approval, timer }] of this.#kept) {
      if (this.#kept.size < MOST_DECIDED) return
      if (approval.state === "open" || approval.state === "approved") continue
      clearTimeout(timer)
      this.#kept.delete(id)
    }
  }
}

/** The command line of a start as one text; a shell's script without the shell. Null for the server's own default. */
export function commandOf({ argv, command }: ProposedStart): string | null {
  if (command !== undefined) return plainCommand(command)
  if (!argv) return null
  const [, flag, script] = argv
  if (argv.length === 3 && script !== undefined && /^-[a-z]*c$/.test(flag!)) return plainCommand(script)
  return plainCommand(argv.join(" "))
}

function isSame(kept: PendingApproval, start: ProposedStart, command: string): boolean {
  try {
    checkSame(kept, start, command)
    return kept.binding !== null
  } catch {
    return false
  }
}

/** An approval of one command in one place is none of the same words elsewhere, or with another PATH. */
function checkSame({ approval, binding }: PendingApproval, start: ProposedStart, command: string): void {
  const differs = (what: string) => new PtylineError("denied", `this approval is for another ${what}`)
  if (approval.command !== command) throw differs("command")
  if (approval.owner !== undefined && approval.owner !== start.owner) throw differs("owner")
  if (approval.scope !== undefined && approval.scope !== start.scope) throw differs("scope")
  if (binding !== null && binding !== bindingOf(start)) throw differs("directory or environment")
}

function bindingOf({ cwd, env }: { cwd?: string | null; env?: Record<string, string> | null }): string {
  const variables = Object.entries(env ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  return createHash("sha256")
    .update(JSON.stringify([cwd ?? null, variables]))
    .digest("hex")
}
