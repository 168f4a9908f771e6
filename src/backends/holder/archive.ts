// The log of a durable session on disk, as the server reads it: output that is no longer in memory.

import type { Archive, Chunk, Snapshot } from "../../core/log/archive.ts"
import type { ByteLog } from "../../core/log/log.ts"
import type { TimelineEntry, TimelineEvent } from "../../core/log/timeline-entry.ts"
import type { Sink, Size } from "../../core/session/backend.ts"
import { isOutput, type LogFrame } from "../../store/frames/frame.ts"
import { decodeExit, decodeMarker, decodeSize, type StreamEnds } from "../../store/frames/frame-facts.ts"
import { listSegments } from "../../store/segments/list.ts"
import { SegmentReader } from "../../store/segments/reader.ts"
import { readScreen, writeScreen } from "../../store/state/screen-file.ts"
import type { OlderOutput } from "./output.ts"

/** How long a listing of the directory is reused, in ms: the holder drops a segment every few MiB at most. */
const LISTING_AGE_MS = 250

export class DiskArchive implements Archive, OlderOutput {
  #reader: SegmentReader
  #key: Uint8Array
  #listing = { base: 0, at: Number.NEGATIVE_INFINITY }

  /** Throws `unavailable` for a wrong key. */
  constructor(directory: string, key: Uint8Array) {
    this.#reader = new SegmentReader(directory, key)
    this.#key = key
  }

  get base(): number {
    const now = performance.now()
    if (now - this.#listing.at > LISTING_AGE_MS)
      this.#listing = { base: listSegments(this.#reader.directory)[0]?.base ?? 0, at: now }
    return this.#listing.base
  }

  /** Resolves with the current end of the log on disk. */
  async end(): Promise<number> {
    await this.#reader.catchUp()
    return this.#reader.bounds().end
  }

  read(offset: number, max: number): Promise<Chunk> {
    return this.#reader.read(offset, max)
  }

  async *entries(from: number): AsyncGenerator<TimelineEntry> {
    for await (const frame of this.#reader.frames(from)) {
      const event = eventOf(frame)
      if (event) yield { offset: frame.offset, at: frame.time, ...event }
    }
  }

  async sizeAt(offset: number): Promise<Size | null> {
    const frame = await this.#reader.sizeAt(offset)
    return frame && decodeSize(frame.payload)
  }

  async sizes(from: number, to: number): Promise<{ offset: number; size: Size }[]> {
    const frames = await this.#reader.sizes(from, to)
    return frames.flatMap(({ offset, payload }) => {
      const size = decodeSize(payload)
      return size ? [{ offset, size }] : []
    })
  }

  screen(): Promise<Snapshot | null> {
    return readScreen(this.#reader.directory, this.#key)
  }

  keepScreen(screen: Snapshot): void {
    try {
      writeScreen(this.#reader.directory, this.#key, screen)
    } catch {
      // without it, or with an older one, the next server only parses more output
    }
  }

  async replay(from: number, to: number, sink: Sink): Promise<number> {
    let next = from
    for await (const { type, offset, payload } of this.#reader.frames(from)) {
      if (offset >= to) break
      if (!isOutput(type)) continue
      if (offset > next) sink.skip?.(offset)
      sink.output(payload.subarray(0, to - offset), type)
      next = offset + Math.min(payload.length, to - offset)
    }
    return next
  }

  async restore(streams: { stdout: ByteLog; stderr: ByteLog }, to: number): Promise<void> {
    for await (const { type, offset, payload } of this.#reader.frames(0)) {
      if (offset >= to) break
      if (type === "marker") skip(streams, decodeMarker(payload).streams)
      if (type === "stdout" || type === "stderr") streams[type].append(payload.subarray(0, to - offset))
    }
  }

  close(): void {
    this.#reader.close()
  }
}

/** Returns null for an invalid frame, and for one that only readers of the disk need. */
function eventOf({ type, payload }: LogFrame): TimelineEvent | null {
  if (isOutput(type)) return { type: "output", bytes: payload }
  if (type === "input") return { type: "input", bytes: payload }
  if (type === "marker") return relaunchOf(payload)
  const [size, exit] = [decodeSize(payload), decodeExit(payload)]
  if (type === "resize") return size && { type: "resize", ...size }
  return type === "exit" ? exit && { type: "exit", ...exit } : null
}

function relaunchOf(payload: Uint8Array): TimelineEvent | null {
  const { relaunch } = decodeMarker(payload)
  return relaunch === undefined ? null : { type: "relaunch", launch: relaunch }
}

/** Skips output of dropped or damaged segments: each segment records where the streams stood. */
function skip(streams: { stdout: ByteLog; stderr: ByteLog }, ends: StreamEnds | undefined): void {
  for (const name of ["stdout", "stderr"] as const)
    if (ends && ends[name] > streams[name].end) streams[name].skipTo(ends[name])
}
