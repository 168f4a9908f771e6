// Draws durable sessions' screens ahead of looks, now and then, and keeps them, so that no next server has to draw much.

import { delay } from "../core/lib/wake.ts"
import type { Archive, Snapshot } from "../core/log/archive.ts"
import type { Sessions } from "../core/registry/sessions.ts"
import type { Session } from "../core/session/session.ts"
import type { Screens } from "./screens.ts"

/** A screen is kept anew after this much output, in bytes: half of what a look may have to draw. */
const DUE = 4 << 20
/** Drawn in one go, between which looks have their turn; little while output comes, which matters more. */
const SLICE = { silent: 512 << 10, busy: 128 << 10 }
/** Output that has been silent for this long is over for now, in ms; of a flood that nobody watches some comes more often than that. */
const QUIET_MS = 400
/** So much output in that time is a flood, in bytes: drawing would not keep up with it, only slow it. It waits for the end, in ms. */
const FLOOD = 512 << 10
const FLOOD_PAUSE_MS = 1000

/** How many times as long as it drew it rests: of all that a server does nothing waits for this. */
const REST = { silent: 1, busy: 15 }

let last: Promise<unknown> = Promise.resolve()

/** One session's after the other's, so that many of them take no more time than one. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const turn = last.then(work)
  last = turn.catch(() => {})
  return turn
}

/** Accompanies all durable sessions on terminals, those that are there and those to come, until the server ends. */
export async function keepScreens(sessions: Sessions, screens: Screens): Promise<void> {
  for (const session of sessions.list()) accompany(session, screens)
  for await (const { event } of sessions.events.follow(sessions.events.next))
    if (event.type === "session.created") accompany(event.session, screens)
}

function accompany(session: Session, screens: Screens): void {
  if (session.output.archive && session.tty) new ScreenKeeper(session, session.output.archive, screens)
}

/** Lives as long as its session. */
class ScreenKeeper {
  readonly #session: Session
  readonly #archive: Archive
  readonly #screens: Screens
  readonly #unsubscribe: () => void
  /** Where the screen was kept last. */
  #kept = 0
  /** Where the log ended when it was silent last. */
  #silent = -1
  #busy = true

  constructor(session: Session, archive: Archive, screens: Screens) {
    this.#session = session
    this.#archive = archive
    this.#screens = screens
    this.#unsubscribe = session.changed.listen(
      () => this.#noticed(),
      () => true,
    )
    void this.#begin()
  }

  get #gone(): boolean {
    return this.#session.life.state === "removed"
  }

  async #begin(): Promise<void> {
    this.#kept = (await this.#archive.screen().catch(() => null))?.offset ?? 0
    this.#busy = false
    this.#noticed()
  }

  /** Constant time: it is asked at every output. */
  #noticed(): void {
    if (this.#gone) return this.#unsubscribe()
    if (this.#busy || this.#session.log.end - this.#kept < DUE) return
    this.#busy = true
    void this.#draw().finally(() => {
      this.#busy = false
    })
  }

  async #draw(): Promise<void> {
    for (let left = 1; left > 0 && !this.#gone; ) {
      const now = await this.#pace()
      if (now === "flood") await delay(FLOOD_PAUSE_MS)
      else left = await inTurn(() => this.#slice(now))
    }
  }

  /** Draws a little, then rests. Answers what is left. */
  async #slice(now: keyof typeof SLICE): Promise<number> {
    if (this.#gone) return 0
    const begun = performance.now()
    const { left, screen } = await this.#screens.drawAhead(this.#session, SLICE[now], this.#kept, DUE)
    if (screen && !this.#gone) this.#keep(screen)
    await delay(Math.max(1, (performance.now() - begun) * REST[now]))
    return left
  }

  #keep(screen: Snapshot): void {
    this.#archive.keepScreen(screen)
    this.#kept = screen.offset
  }

  async #pace(): Promise<keyof typeof SLICE | "flood"> {
    const { log } = this.#session
    const { end } = log
    if (end === this.#silent) return "silent"
    await delay(QUIET_MS)
    if (log.end > end) return log.end - end > FLOOD ? "flood" : "busy"
    this.#silent = end
    return "silent"
  }
}
