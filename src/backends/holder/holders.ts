// Holders of a server's sessions: their sockets, starting them, connecting to them.

import { createHash } from "node:crypto"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { PtylineError } from "../../core/lib/errors.ts"
import { delay } from "../../core/lib/wake.ts"
import type { DurableSession } from "../../core/registry/durable.ts"
import type { SessionOptions } from "../../core/session/options.ts"
import type { SyncPolicy } from "../../store/segments/sync.ts"
import type { SessionMeta } from "../../store/state/record.ts"
import type { SessionDirectory } from "../../store/state/session-directory.ts"
import type { DiskArchive } from "./archive.ts"
import { holderAnswers } from "./probe.ts"
import { connectHolder } from "./process.ts"
import { startHolder } from "./start.ts"

/** How long a holder may take to exit, in ms. */
const EXIT_MS = 3000

/** Identifies a session and its holder. */
type HolderId = Pick<SessionMeta, "id" | "holder">

export class Holders {
  #directory: string
  #log: { sync: SyncPolicy; diskLimit: number }

  /** `directory`: the place of the sockets. `log`: how each holder stores its session's output. */
  constructor(directory: string, log: { sync: SyncPolicy; diskLimit: number }) {
    this.#directory = directory
    this.#log = log
  }

  /** Resolves with the holder's process id. Rejects with the reason why the session's program cannot run. */
  start(
    directory: SessionDirectory,
    { id, spec, backend, start, launches }: SessionOptions,
  ): Promise<number> {
    return startHolder({
      ...{ id, spec, start, ...this.#log },
      backend,
      directory: directory.path,
      socket: this.#socketOf(id),
      key: Buffer.from(directory.key).toString("base64"),
      relaunch: launches?.length,
    })
  }

  /** See `holderAnswers`. */
  answers({ id, holder }: HolderId): Promise<boolean> {
    return holderAnswers(this.#socketOf(id), id, holder)
  }

  /** Waits until an ended session's holder has exited: a log has one writer. Rejects with `unavailable`. */
  async untilGone(holder: HolderId): Promise<void> {
    const timeout = AbortSignal.timeout(EXIT_MS)
    const gone = async () => !(await this.answers(holder).catch(() => true))
    while (!(await gone())) {
      if (timeout.aborted)
        throw new PtylineError("unavailable", `the holder of session ${holder.id} has not exited`)
      await delay(5)
    }
    this.removeSocket(holder.id)
  }

  /** Returns a session with a living holder. Its output continues at `from`. */
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

  /** Returns a short path, because the system limits the length of a socket's path. */
  #socketOf(id: string): string {
    return join(this.#directory, `${createHash("sha256").update(id).digest("base64url").slice(0, 8)}.hold`)
  }
}
