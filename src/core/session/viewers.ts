// Who is looking at a session: whose terminal answers its program, whose window counts, who is there at all.

import type { Lease } from "../access/lease.ts"
import type { Size } from "./backend.ts"
import type { Presence } from "./presence.ts"
import { Sizing } from "./sizing.ts"

export type Attachment = {
  interactive: boolean
  answers(): boolean
  mayType(): boolean
  /** Says how large this viewer's window is. Throws `held` and `not_running`. */
  wish(size: Size): void
  detach(): void
}

/** What is looked at. */
export interface Viewed {
  readonly lease: Lease
  readonly presence: Presence
  /** Is there a terminal behind it that answers the program's questions itself? */
  readonly answersItself: boolean
  /** Throws `held` and `not_running` for a client that may not drive it. */
  admit(client?: string): void
  /** The viewers agree on a size. */
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

  /** Is there a terminal that answers the program's queries? */
  get answered(): boolean {
    return this.#viewed.answersItself || this.#answering !== undefined
  }

  /** See `Session.attach`. */
  attach(interactive: boolean, client?: string): Attachment {
    const viewed = this.#viewed
    const leave = client === undefined ? () => {} : viewed.presence.arrive(client)
    const attachment: Attachment = {
      answers: () => !viewed.answersItself && this.#answering === attachment,
      mayType: () => viewed.lease.permits(client),
      wish: size => {
        viewed.admit(client)
        this.sizing.wish(attachment, size)
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
