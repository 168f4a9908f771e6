// Draws durable sessions' screens in the background and stores them, to save the next server the work.

import { Queue } from "../core/lib/queue.ts"
import { delay } from "../core/lib/wake.ts"
import type { Archive, Snapshot } from "../core/log/archive.ts"
import type { Sessions } from "../core/registry/sessions.ts"
import type { Session } from "../core/session/session.ts"
import type { Screens } from "./screens.ts"

/** Output between two stored screens, in bytes: half of what a read of the screen may have to draw. */
const DUE = 4 << 20
/** Bytes drawn in one step, between reads of the screen. Small during output, which has priority. */
const SLICE = { silent: 512 << 10, busy: 128 << 10 }
/** Silence of this length, in ms, means that output has paused. An unwatched flood arrives more often. */
const QUIET_MS = 400
/** More output than this within `QUIET_MS` is a flood, in bytes. Drawing would only slow it, so it waits. */
const FLOOD = 512 << 10
const FLOOD_PAUSE_MS = 1000

/** Pause after each step, as a multiple of its duration: no client waits for this work. */
const REST = { silent: 1, busy: 15 }

/** Runs one session's step at a time, so that many sessions take no more time than one. */
const queue = new Queue()

/** Watches all durable sessions on terminals, current and future, until the server stops. */
export async function checkpointScreens(sessions: Sessions, screens: Screens): Promise<void> {
  for (const session of sessions.list()) watch(session, screens)
  for await (const { event } of sessions.events.follow(sessions.events.next))
    if (event.type === "session.created") watch(event.session, screens)
}

function watch(session: Session, screens: Screens): void {
  if (session.output.archive && session.tty) new ScreenCheckpoints(session, session.output.archive, screens)
}

/** Lives as long as its session. */
class ScreenCheckpoints {
  readonly #session: Session
  readonly #archive: Archive
  readonly #screens: Screens
  readonly #unsubscribe: () => void
  /** The offset of the last stored screen. */
  #savedOffset = 0
  /** The end of the log at the last silence. */
  #quietEnd = -1
  #busy = true

  constructor(session: Session, archive: Archive, screens: Screens) {
    this.#session = session
    this.#archive = archive
    this.#screens = screens
    this.#unsubscribe = session.changed.listen(
      () => this.#onOutput(),
      () => true,
    )
    void this.#start()
  }

  get #removed(): boolean {
    return this.#session.life.state === "removed"
  }

  async #start(): Promise<void> {
    this.#savedOffset = (await this.#archive.screen().catch(() => null))?.offset ?? 0
    this.#busy = false
    this.#onOutput()
  }

  /** Runs at every output; takes constant time. */
  #onOutput(): void {
    if (this.#removed) return this.#unsubscribe()
    if (this.#busy || this.#session.log.end - this.#savedOffset < DUE) return
    this.#busy = true
    void this.#draw().finally(() => {
      this.#busy = false
    })
  }

  async #draw(): Promise<void> {
    for (let left = 1; left > 0 && !this.#removed; ) {
      const pace = await this.#measurePace()
      if (pace === "flood") await delay(FLOOD_PAUSE_MS)
      else left = await queue.run(() => this.#slice(pace))
    }
  }

  /** Draws one step, then pauses. Returns the bytes that are left to draw. */
  async #slice(pace: keyof typeof SLICE): Promise<number> {
    if (this.#removed) return 0
    const startedAt = performance.now()
    const { left, screen } = await this.#screens.drawAhead(this.#session, SLICE[pace], this.#savedOffset, DUE)
    if (screen && !this.#removed) this.#save(screen)
    await delay(Math.max(1, (performance.now() - startedAt) * REST[pace]))
    return left
  }

  #save(screen: Snapshot): void {
    this.#archive.keepScreen(screen)
    this.#savedOffset = screen.offset
  }

  async #measurePace(): Promise<keyof typeof SLICE | "flood"> {
    const { log } = this.#session
    const { end } = log
    if (end === this.#quietEnd) return "silent"
    await delay(QUIET_MS)
    if (log.end > end) return log.end - end > FLOOD ? "flood" : "busy"
    this.#quietEnd = end
    return "silent"
  }
}
