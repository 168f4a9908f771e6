// The holders of a server's sessions: where their sockets are, starting one, reaching one, seeing one go.

import { createHash } from "node:crypto"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { PtylineError } from "../../core/lib/errors.ts"
import { delay } from "../../core/lib/wake.ts"
import type { DurableSession } from "../../core/log/archive.ts"
import type { SessionOptions } from "../../core/session/options.ts"
import type { SyncPolicy } from "../../store/segments/sync.ts"
import type { SessionMeta } from "../../store/state/record.ts"
import type { SessionDirectory } from "../../store/state/session-directory.ts"
import type { DiskArchive } from "./archive.ts"
import type { HolderConfig } from "./config.ts"
import { holderAnswers } from "./probe.ts"
import { connectHolder } from "./process.ts"
import { startHolder } from "./start.ts"

/** How long a holder that was let go may take to go, in ms. */
const GOING_MS = 3000

/** Who a session and its holder are. */
type Who = Pick<SessionMeta, "id" | "holder">

export class Holders {
  #sockets: string
  #log: { sync: SyncPolicy; diskLimit: number }

  /** `sockets` is their directory; `log` is how each keeps its session's output. */
  constructor(sockets: string, log: { sync: SyncPolicy; diskLimit: number }) {
    this.#sockets = sockets
    this.#log = log
  }

  /** Answers the holder's process id. Rejects with why the session's program cannot run. */
  start(
    directory: SessionDirectory,
    { id, spec, backend, start, launches }: SessionOptions,
  ): Promise<number> {
    return startHolder({
      ...{ id, spec, start, ...this.#log },
      backend: backend as HolderConfig["backend"],
      directory: directory.path,
      socket: this.#socketOf(id),
      key: Buffer.from(directory.key).toString("base64"),
      relaunch: launches?.length,
    })
  }

  answers({ id, holder }: Who): Promise<boolean> {
    return holderAnswers(this.#socketOf(id), id, holder)
  }

  /** The holder of an ended session goes by itself once it was told to; its log has one writer at a time. */
  async untilGone(who: Who): Promise<void> {
    const late = AbortSignal.timeout(GOING_MS)
    const gone = async () => !(await this.answers(who).catch(() => true))
    while (!(await gone())) {
      if (late.aborted)
        throw new PtylineError("unavailable", `the holder of session ${who.id} is still there`)
      await delay(5)
    }
    this.removeSocket(who.id)
  }

  /** A session that its holder holds; its output goes on at `from`. */
  alive(options: SessionOptions, from: number): DurableSession {
    const archive = options.archive as DiskArchive
    return {
      options,
      connect: sink => connectHolder(this.#socketOf(options.id), sink, archive, from),
      exit: null,
    }
  }

  removeSocket(id: string): void {
    rmSync(this.#socketOf(id), { force: true })
  }

  /** Short, for a socket's path may not be long; in a directory that only its owner enters. */
  #socketOf(id: string): string {
    return join(this.#sockets, `${createHash("sha256").update(id).digest("base64url").slice(0, 8)}.hold`)
  }
}
