// The viewers of a session: which one answers terminal queries, and what size they agree on.

import type { Lease } from "../access/lease.ts"
import type { Size } from "./backend.ts"
import type { Presence } from "./presence.ts"
import { Sizing } from "./sizing.ts"

export type Attachment = {
  interactive: boolean
  answers(): boolean
  mayType(): boolean
  /** Requests a size for the terminal. Throws `held` and `not_running`. */
  requestSize(size: Size): void
  detach(): void
}

interface Viewed {
  readonly lease: Lease
  readonly presence: Presence
  /** Whether the backend has a terminal that answers the program's queries. */
  readonly answersItself: boolean
  /** Throws `held` and `not_running` for a client that may not control the session. */
  admit(client?: string): void
  fit(size: Size): void
  alter(): void
}

export class Viewers {
  readonly sizing = new Sizing<Attachment>()
  #viewed: Viewed
  #attachments: Attachment[] = []

  constructor(viewed: Viewed) {
    this.#viewed = viewed
  }

  get count(): number {
    return this.#attachments.length
  }

  /** Whether a terminal answers the program's queries. */
  get answered(): boolean {
    return this.#viewed.answersItself || this.#answering !== undefined
  }

  attach(interactive: boolean, client?: string): Attachment {
    const viewed = this.#viewed
    const leave = client === undefined ? () => {} : viewed.presence.arrive(client)
    const attachment: Attachment = {
      answers: () => !viewed.answersItself && this.#answering === attachment,
      mayType: () => viewed.lease.permits(client),
      requestSize: size => {
        viewed.admit(client)
        this.sizing.request(attachment, size)
        this.#agree()
      },
      detach: () => this.#detach(attachment, leave),
      interactive,
    }
    this.#attachments.push(attachment)
    return attachment
  }

  #detach(attachment: Attachment, leave: () => void): void {
    this.#attachments = this.#attachments.filter(a => a !== attachment)
    this.sizing.leave(attachment)
    this.#agree()
    leave()
    this.#viewed.alter()
  }

  #agree(): void {
    const size = this.sizing.agreed
    if (size) this.#viewed.fit(size)
  }

  get #answering(): Attachment | undefined {
    return this.#attachments.find(a => a.interactive && a.mayType())
  }
}
