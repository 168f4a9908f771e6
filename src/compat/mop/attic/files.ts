// The attic: records that outlive their sessions, each a file that is compressed, encrypted, authenticated and replaced whole.

import { timingSafeEqual } from "node:crypto"
import { mkdirSync } from "node:fs"
import { open, readdir, readFile, rm, stat } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { deflateRaw, inflateRaw } from "node:zlib"
import { PtylineError } from "../../../core/lib/errors.ts"
import { pepperedHash } from "../../../store/secrets/pepper.ts"
import { seal, unseal } from "../../../store/secrets/seal.ts"
import { replaceFileDurably } from "../../../store/state/files.ts"

/** Bytes that all archives may take together (contract mop 3.7). */
export const ATTIC_LIMIT = 1_826_488_832
/** Longest record, in bytes of JSON: a request's body and the last output fit many times. */
const MAX_RECORD = 16 << 20
const MARK_BYTES = 16
const EXTENSION = ".attic"

const deflate = promisify(deflateRaw)
const inflate = promisify(inflateRaw)

/**
 * A file is the pepper's mark, which tells whose it is without being opened, and the sealed record. The file's name is part
 * of the sealing, so a file that was renamed does not open.
 */
export class AtticFiles {
  readonly #directory: string
  readonly #pepper: Uint8Array
  readonly #limit: number
  readonly #mark: Uint8Array
  #sizes = new Map<string, number>()
  #total = 0
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(directory: string, pepper: Uint8Array, limit: number) {
    this.#directory = directory
    this.#pepper = pepper
    this.#limit = limit
    this.#mark = Buffer.from(pepperedHash(pepper, "attic mark", ""), "hex").subarray(0, MARK_BYTES)
  }

  /** Opens the archives of a data directory, which is made when missing; what a crash left half written is removed. */
  static async open(data: string, pepper: Uint8Array, limit = ATTIC_LIMIT): Promise<AtticFiles> {
    const directory = join(data, "attic")
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const attic = new AtticFiles(directory, pepper, limit)
    await attic.#measure()
    return attic
  }

  /** Names of archives that the present pepper cannot open. They are left as they are. */
  async strangers(): Promise<string[]> {
    const found: string[] = []
    for (const name of this.#sizes.keys())
      if (!(await this.#isOurs(name).catch(() => false))) found.push(name + EXTENSION)
    return found.sort()
  }

  /** Keeps a record under a hash of its key. Throws `limit_reached` when all archives together would be too large. */
  put(hash: string, record: unknown): Promise<void> {
    return this.#inTurn(() => this.#put(hash, record))
  }

  /** The record; throws `not_found` when there is none, `unavailable` when it is damaged or another pepper's. */
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

  async #isOurs(hash: string): Promise<boolean> {
    const file = await open(this.#path(hash))
    try {
      const mark = Buffer.alloc(MARK_BYTES)
      await file.read(mark, 0, MARK_BYTES, 0)
      return timingSafeEqual(mark, this.#mark)
    } finally {
      await file.close()
    }
  }

  /** One write after the other: the total is looked at and changed in one go. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work)
    this.#turn = result.catch(() => {})
    return result
  }

  #path(hash: string): string {
    return join(this.#directory, hash + EXTENSION)
  }
}

const purposeOf = (hash: string): string => `attic ${hash}`
