// The files of the attic: one compressed, encrypted and authenticated file per record, replaced atomically.

import { timingSafeEqual } from "node:crypto"
import { mkdirSync } from "node:fs"
import { open, readdir, readFile, rm, stat } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { deflateRaw, inflateRaw } from "node:zlib"
import { PtylineError } from "../../../core/lib/errors.ts"
import { Queue } from "../../../core/lib/queue.ts"
import { pepperedHash } from "../../../store/secrets/pepper.ts"
import { seal, unseal } from "../../../store/secrets/seal.ts"
import { replaceFileDurably } from "../../../store/state/files.ts"

/** Most bytes of all archives together (contract mop, 3.7). */
export const ATTIC_LIMIT = 1_826_488_832
/** Longest record, in bytes of JSON: many times a request body and the saved output. */
const MAX_RECORD = 16 << 20
const MARK_BYTES = 16
const EXTENSION = ".attic"

const deflate = promisify(deflateRaw)
const inflate = promisify(inflateRaw)

/** A file: its pepper's mark, readable undecrypted, and the sealed record. The name is authenticated too. */
export class AtticFiles {
  readonly #directory: string
  readonly #pepper: Uint8Array
  readonly #limit: number
  readonly #mark: Uint8Array
  #sizes = new Map<string, number>()
  #total = 0
  /** One write at a time, because each checks and changes the total. */
  readonly #writes = new Queue()

  private constructor(directory: string, pepper: Uint8Array, limit: number) {
    this.#directory = directory
    this.#pepper = pepper
    this.#limit = limit
    this.#mark = Buffer.from(pepperedHash(pepper, "attic mark", ""), "hex").subarray(0, MARK_BYTES)
  }

  /** Opens the attic of a data directory. Creates it if missing and removes partial files of a crash. */
  static async open(data: string, pepper: Uint8Array, limit = ATTIC_LIMIT): Promise<AtticFiles> {
    const directory = join(data, "attic")
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const attic = new AtticFiles(directory, pepper, limit)
    await attic.#measure()
    return attic
  }

  /** Returns the names of archives that the current pepper cannot open. */
  async foreign(): Promise<string[]> {
    const found: string[] = []
    for (const name of this.#sizes.keys())
      if (!(await this.#hasOurMark(name).catch(() => false))) found.push(name + EXTENSION)
    return found.sort()
  }

  /** Stores a record under the hash of its key. Throws `limit_reached` when the attic is full. */
  put(hash: string, record: unknown): Promise<void> {
    return this.#writes.run(() => this.#put(hash, record))
  }

  /** Returns a record. Throws `not_found`, or `unavailable` for a damaged file or one of another pepper. */
  async get(hash: string): Promise<unknown> {
    const file = await readFile(this.#path(hash)).catch(error => {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") throw new PtylineError("not_found", "Not found")
      throw error
    })
    const plain = unseal(this.#pepper, purposeOf(hash), file.subarray(MARK_BYTES))
    if (!plain) throw new PtylineError("unavailable", "Corrupted data")
    return JSON.parse((await inflate(plain, { maxOutputLength: MAX_RECORD })).toString())
  }

  async #put(hash: string, record: unknown): Promise<void> {
    const json = Buffer.from(JSON.stringify(record))
    if (json.byteLength > MAX_RECORD)
      throw new PtylineError("too_large", `a record is at most ${MAX_RECORD} bytes`)
    const sealed = seal(this.#pepper, purposeOf(hash), await deflate(json))
    const file = Buffer.concat([this.#mark, sealed])
    const total = this.#total - (this.#sizes.get(hash) ?? 0) + file.byteLength
    if (total > this.#limit) throw new PtylineError("limit_reached", "Attic is full", { limit: this.#limit })
    await replaceFileDurably(this.#path(hash), file)
    this.#sizes.set(hash, file.byteLength)
    this.#total = total
  }

  async #measure(): Promise<void> {
    for (const file of await readdir(this.#directory)) {
      const [hash = "", rest] = [file.slice(0, 64), file.slice(64)]
      if (!/^[0-9a-f]{64}$/.test(hash)) continue
      if (/^\.attic\.[0-9a-f]{12}$/.test(rest)) await rm(join(this.#directory, file), { force: true })
      if (rest !== EXTENSION) continue
      const { size } = await stat(this.#path(hash))
      this.#sizes.set(hash, size)
      this.#total += size
    }
  }

  async #hasOurMark(hash: string): Promise<boolean> {
    const file = await open(this.#path(hash))
    try {
      const mark = Buffer.alloc(MARK_BYTES)
      await file.read(mark, 0, MARK_BYTES, 0)
      return timingSafeEqual(mark, this.#mark)
    } finally {
      await file.close()
    }
  }

  #path(hash: string): string {
    return join(this.#directory, hash + EXTENSION)
  }
}

const purposeOf = (hash: string): string => `attic ${hash}`
