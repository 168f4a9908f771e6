// Pipes that this process has open, read and written by Bun.

import { closeSync } from "node:fs"
import type { CloseDescriptor, DescriptorReader, DescriptorWriter } from "../types.ts"

export const readDescriptor = (descriptor: number): DescriptorReader =>
  readStream(Bun.file(descriptor).stream(), descriptor)

export const writeDescriptor = (descriptor: number): DescriptorWriter =>
  writeSink(Bun.file(descriptor).writer(), descriptor)

export const closeDescriptor: CloseDescriptor = closeSync

/** `descriptor`: what to close with the stream, which reads a duplicate of it. */
export function readStream(stream: ReadableStream<Uint8Array>, descriptor?: number): DescriptorReader {
  const reader = stream.getReader()
  let closed = false
  return {
    read: () => reader.read().then(({ done, value }) => (done || closed ? null : value)),
    close: () => {
      if (closed) return
      closed = true
      void reader.cancel().catch(() => {})
      if (descriptor !== undefined) closeSync(descriptor)
    },
  }
}

/** `descriptor`: what to close after the sink. */
export function writeSink(sink: Bun.FileSink, descriptor?: number): DescriptorWriter {
  let ended = false
  return {
    write: async bytes => {
      if (ended) return
      await sink.write(bytes)
      await sink.flush()
    },
    end: () => {
      if (ended) return
      ended = true
      const release = () => {
        if (descriptor !== undefined) closeSync(descriptor)
      }
      // fails when the child closed its side first
      Promise.resolve(sink.end()).then(release, release)
    },
  }
}
