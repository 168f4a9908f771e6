// Pipes that this process already has open.

import { constants } from "node:os"
import type { DescriptorReader, DescriptorWriter } from "../types.ts"
import { ptr } from "./ffi.ts"
import { systemError } from "./libc.ts"

import { PolledDescriptor } from "./poller.ts"

export { closeDescriptor } from "./libc.ts"

/** Bytes per read. */
const PIECE = 128 << 10

/** Throws on other systems than Linux. */
export const readDescriptor = (descriptor: number): DescriptorReader => new Reader(descriptor)

/** Throws on other systems than Linux. */
export const writeDescriptor = (descriptor: number): DescriptorWriter => new Writer(descriptor)

/** The space for one read at a time, which all readers share. */
let space = new Uint8Array(PIECE)

/** Returns the bytes that `fill` wrote, or null for none. Copies them unless they fill most of the space. */
export function take(fill: (address: number, length: number) => number): Uint8Array | null {
  const length = fill(ptr(space), PIECE)
  if (length <= 0) return null
  if (2 * length < PIECE) return space.slice(0, length)
  const bytes = space.subarray(0, length)
  space = new Uint8Array(PIECE)
  return bytes
}

class Reader implements DescriptorReader {
  #descriptor: PolledDescriptor
  #resolve: ((bytes: Uint8Array | null) => void) | null = null

  constructor(descriptor: number) {
    this.#descriptor = new PolledDescriptor(descriptor)
  }

  /** Waits for the poller also when bytes are there: other events get their turn between two reads. */
  read(): Promise<Uint8Array | null> {
    const { promise, resolve } = Promise.withResolvers<Uint8Array | null>()
    this.#resolve = resolve
    if (this.#descriptor.closed) this.#settle(null)
    else this.#descriptor.whenReadable(gone => this.#read(gone))
    return promise
  }

  close(): void {
    this.#descriptor.close()
    this.#settle(null)
  }

  #read(gone: boolean): void {
    let length = 0
    const bytes = take((address, most) => {
      length = this.#descriptor.read(address, most)
      return length
    })
    if (bytes) this.#settle(bytes)
    else if (length === 0 || gone) this.close()
    else this.#descriptor.whenReadable(gone => this.#read(gone))
  }

  #settle(bytes: Uint8Array | null): void {
    this.#resolve?.(bytes)
    this.#resolve = null
  }
}

class Writer implements DescriptorWriter {
  #descriptor: PolledDescriptor
  #written: Promise<unknown> = Promise.resolve()

  constructor(descriptor: number) {
    this.#descriptor = new PolledDescriptor(descriptor)
  }

  write(bytes: Uint8Array): Promise<void> {
    const written = this.#written.then(() => this.#write(bytes))
    this.#written = written.catch(() => {})
    return written
  }

  end(): void {
    void this.#written.then(() => this.#descriptor.close())
  }

  async #write(bytes: Uint8Array): Promise<void> {
    let gone = false
    for (let at = 0; at < bytes.length; ) {
      if (this.#descriptor.closed) throw systemError("write", constants.errno.EPIPE)
      const n = this.#descriptor.write(bytes, at)
      if (n > 0) at += n
      else if (gone) throw systemError("write", constants.errno.EPIPE)
      if (at < bytes.length) gone = await new Promise(ready => this.#descriptor.whenWritable(ready))
    }
  }
}
