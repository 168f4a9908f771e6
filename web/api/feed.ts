// Live updates of the session list: a full list after every (re)connect, then the server's events.

import type { ApprovalInfo } from "../../src/ops/access/approvals.ts"
import type { SessionInfo } from "../../src/ops/shapes.ts"
import { Backoff } from "../../src/wire/backoff.ts"
import { onSleep, onWake } from "../connection/wake.ts"
import { Listeners } from "../ui/listeners.ts"
import { ApiError, api } from "./api.ts"
import type { SessionList } from "./sessions.ts"

export type FeedStatus = "connecting" | "live" | "down" | "signed-out"

/**
 * The stream is closed while the tab is hidden. A browser allows six HTTP/1.1 connections per host, so a
 * seventh tab with an open stream would block every request. Also, the back-forward cache rejects pages
 * with open streams.
 */
export class SessionFeed {
  readonly changed = new Listeners<FeedStatus>()
  readonly approval = new Listeners<ApprovalInfo>()
  readonly #sessions: SessionList
  readonly #backoff = new Backoff()
  #source: EventSource | null = null
  #timer: ReturnType<typeof setTimeout> | undefined
  #status: FeedStatus = "connecting"
  /** Changes that arrive while a list is requested. The list may be older, so they are applied again. */
  #meanwhile: (() => void)[] | null = null

  constructor(sessions: SessionList) {
    this.#sessions = sessions
    onWake(() => this.#status !== "signed-out" && this.start())
    onSleep(() => this.#close())
  }

  get status(): FeedStatus {
    return this.#status
  }

  /** Connects now, without waiting for the back-off. */
  start(): void {
    this.#close()
    this.#source = new EventSource("/v1/events")
    this.#source.onopen = () => this.#opened()
    this.#source.onerror = () => void this.#failed()
    for (const type of ["session.created", "session.updated", "session.exited", "lease.changed"])
      this.#source.addEventListener(type, event => this.#put(event))
    this.#source.addEventListener("approval.changed", event => this.approval.emit(approvalOf(event)))
    this.#source.addEventListener("session.removed", event =>
      this.#apply(() => this.#sessions.drop(idOf(event))),
    )
  }

  #opened(): void {
    this.#backoff.reset()
    void this.#list().then(listed => listed && this.#become("live"))
  }

  /** An EventSource does not tell why it failed. Requesting the list shows the reason. */
  async #failed(): Promise<void> {
    this.#close()
    await this.#list()
    if (this.#status === "signed-out") return
    this.#become("down")
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.start(), this.#backoff.next())
  }

  async #list(): Promise<boolean> {
    const meanwhile: (() => void)[] = []
    this.#meanwhile = meanwhile
    try {
      this.#sessions.replaceAll(await api.list())
      for (const change of meanwhile) change()
      return true
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) this.#signOut()
      return false
    } finally {
      if (this.#meanwhile === meanwhile) this.#meanwhile = null
    }
  }

  #put(event: MessageEvent<string>): void {
    const { session } = JSON.parse(event.data) as { session?: SessionInfo }
    if (session) this.#apply(() => this.#sessions.put(session))
  }

  #apply(change: () => void): void {
    this.#meanwhile?.push(change)
    change()
  }

  #signOut(): void {
    this.#close()
    this.#become("signed-out")
  }

  #close(): void {
    clearTimeout(this.#timer)
    this.#source?.close()
    this.#source = null
  }

  #become(status: FeedStatus): void {
    this.#status = status
    this.changed.emit(status)
  }
}

const approvalOf = (event: MessageEvent<string>): ApprovalInfo =>
  (JSON.parse(event.data) as { approval: ApprovalInfo }).approval

const idOf = (event: MessageEvent<string>): string => String((JSON.parse(event.data) as { id?: unknown }).id)
