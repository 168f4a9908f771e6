// A session's own log directory: all its output, and what was done to it (contract pty-mcp, 3.9). A failure here fails no call.

import { type FileHandle, mkdir, open, rename } from "node:fs/promises"
import { join } from "node:path"
import type { Session } from "../../core/session/session.ts"

/** A file that reached this size, in bytes, becomes `<name>.1`; the one before it is gone. */
const ROTATE = 64 << 20

export class Journal {
  #root: string
  #onFault: (error: unknown) => void
  #rotate: number
  #books = new WeakMap<Session, Promise<Volume>>()

  constructor(root: string, onFault: (error: unknown) => void, rotate = ROTATE) {
    this.#root = root
    this.#onFault = onFault
    this.#rotate = rotate
  }

  /** Begins a session's transcript. */
  begin(session: Session): void {
    void this.#write(session).catch(this.#onFault)
  }

  /** Adds a line to events.jsonl. */
  event(session: Session, event: string, facts: Record<string, unknown>): void {
    const line = `${JSON.stringify({ ts: Date.now() / 1000, event, ...facts })}\n`
    void this.#volume(session)
      .then(volume => volume.events.append(new TextEncoder().encode(line)))
      .catch(this.#onFault)
  }

  #volume(session: Session): Promise<Volume> {
    const known = this.#books.get(session) ?? openVolume(join(this.#root, session.id), this.#rotate)
    this.#books.set(session, known)
    return known
  }

  async #write(session: Session): Promise<void> {
    const { transcript, events } = await this.#volume(session)
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

type Volume = { transcript: GrowingFile; events: GrowingFile }

async function openVolume(directory: string, rotate: number): Promise<Volume> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  return {
    transcript: new GrowingFile(join(directory, "transcript.log"), rotate),
    events: new GrowingFile(join(directory, "events.jsonl"), rotate),
  }
}

/** A file that is appended to, in call order. Open only while something is written for long. */
class GrowingFile {
  #path: string
  #rotate: number
  #file: FileHandle | null = null
  #size = 0
  #over = false
  #last: Promise<void> = Promise.resolve()

  constructor(path: string, rotate: number) {
    this.#path = path
    this.#rotate = rotate
  }

  append(bytes: Uint8Array): Promise<void> {
    const written = this.#last.then(() => this.#add(bytes))
    this.#last = written.catch(() => {})
    return written
  }

  /** What is appended later opens it for just that. */
  async close(): Promise<void> {
    this.#over = true
    await this.#last
    await this.#letGo()
  }

  async #letGo(): Promise<void> {
    const file = this.#file
    this.#file = null
    await file?.close()
  }

  async #add(bytes: Uint8Array): Promise<void> {
    this.#file ??= await open(this.#path, "a", 0o600)
    await this.#file.appendFile(bytes)
    this.#size += bytes.byteLength
    if (this.#over) await this.#letGo()
    if (this.#size < this.#rotate) return
    await this.#letGo()
    this.#size = 0
    await rename(this.#path, `${this.#path}.1`)
  }
}
