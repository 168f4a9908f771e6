// A session's log directory: its output and events (contract pty-mcp, 3.9). A failed write fails no call.

import { type FileHandle, mkdir, open, rename } from "node:fs/promises"
import { join } from "node:path"
import { Queue } from "../../core/lib/queue.ts"
import type { Session } from "../../core/session/session.ts"

/** A file of this size, in bytes, is renamed to `<name>.1`, which replaces the previous one. */
const ROTATE_BYTES = 64 << 20

export class Journal {
  #root: string
  #onFault: (error: unknown) => void
  #rotateBytes: number
  #files = new WeakMap<Session, Promise<JournalFiles>>()

  constructor(root: string, onFault: (error: unknown) => void, rotateBytes = ROTATE_BYTES) {
    this.#root = root
    this.#onFault = onFault
    this.#rotateBytes = rotateBytes
  }

  start(session: Session): void {
    void this.#write(session).catch(this.#onFault)
  }

  /** Adds a line to events.jsonl. */
  event(session: Session, event: string, fields: Record<string, unknown>): void {
    const line = `${JSON.stringify({ ts: Date.now() / 1000, event, ...fields })}\n`
    void this.#filesOf(session)
      .then(({ events }) => events.append(new TextEncoder().encode(line)))
      .catch(this.#onFault)
  }

  #filesOf(session: Session): Promise<JournalFiles> {
    const known = this.#files.get(session) ?? openFiles(join(this.#root, session.id), this.#rotateBytes)
    this.#files.set(session, known)
    return known
  }

  async #write(session: Session): Promise<void> {
    const { transcript, events } = await this.#filesOf(session)
    for await (const event of session.follow(session.log.base)) {
      if (event.type === "output") await transcript.append(event.bytes)
      if (event.type === "gap") {
        const { from, to, reason } = event
        this.event(session, "gap", { from, to, reason })
      }
    }
    await Promise.all([transcript.close(), events.close()])
  }
}

type JournalFiles = { transcript: RotatingFile; events: RotatingFile }

async function openFiles(directory: string, rotateBytes: number): Promise<JournalFiles> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  return {
    transcript: new RotatingFile(join(directory, "transcript.log"), rotateBytes),
    events: new RotatingFile(join(directory, "events.jsonl"), rotateBytes),
  }
}

/** A file that is appended to in call order. */
class RotatingFile {
  #path: string
  #rotateBytes: number
  #file: FileHandle | null = null
  #size = 0
  #closed = false
  readonly #writes = new Queue()

  constructor(path: string, rotateBytes: number) {
    this.#path = path
    this.#rotateBytes = rotateBytes
  }

  append(bytes: Uint8Array): Promise<void> {
    return this.#writes.run(() => this.#add(bytes))
  }

  /** Closes the file. A later append opens it for that one write. */
  close(): Promise<void> {
    this.#closed = true
    return this.#writes.run(() => this.#closeFile())
  }

  async #closeFile(): Promise<void> {
    const file = this.#file
    this.#file = null
    await file?.close()
  }

  async #add(bytes: Uint8Array): Promise<void> {
    this.#file ??= await open(this.#path, "a", 0o600)
    await this.#file.appendFile(bytes)
    this.#size += bytes.byteLength
    if (this.#closed) await this.#closeFile()
    if (this.#size < this.#rotateBytes) return
    await this.#closeFile()
    this.#size = 0
    await rename(this.#path, `${this.#path}.1`)
  }
}
