// What goes to stdout and stderr: complete, in order, without changing the descriptors that other programs share with us.

import { write, writeSync } from "node:fs"
import { isatty } from "node:tty"
import { stripVTControlCharacters } from "node:util"

/** The reader of our output went away: the shell's code for a death by SIGPIPE, and not a word. */
export class BrokenPipe extends Error {
  static readonly code = 141
}

/** Between two tries to write to a full pipe that another program made non-blocking, in ms. */
const FULL_MS = 2

/** Has stdout (1) or stderr (2) a terminal that shows colours? (no-color.org) */
export const coloured = (fd: 1 | 2): boolean => isatty(fd) && !process.env.NO_COLOR

/** Text for a person: its colours only where they are wanted. */
export const plain = (text: string, fd: 1 | 2 = 1): string =>
  coloured(fd) ? text : stripVTControlCharacters(text).replace(/ +$/gm, "")

/** Resolves when the system has all of it. The event loop goes on meanwhile. Rejects with `BrokenPipe`. */
export async function put(fd: 1 | 2, data: string | Uint8Array): Promise<void> {
  const bytes = bytesOf(data)
  for (let at = 0; at < bytes.length; ) {
    const n = await wrote(fd, bytes.subarray(at))
    at += n
    if (n === 0) await new Promise(resolve => setTimeout(resolve, FULL_MS))
  }
}

function wrote(fd: number, bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, (error, n) => {
      if (!error) resolve(n)
      else if (error.code === "EAGAIN") resolve(0)
      else reject(error.code === "EPIPE" ? new BrokenPipe() : error)
    })
  })
}

/** For what may be a session's output: a terminal must not be made to answer what a program asked, for that would be typed into the shell. */
export async function show(data: string | Uint8Array): Promise<void> {
  if (!isatty(1)) return put(1, data)
  const { QueryBlanker } = await import("../../http/attach/replay.ts")
  return put(1, new QueryBlanker().pass(bytesOf(data), true))
}

/** As `put`, but holds everything up until the system has all of it: for where nothing may overtake it. */
export function putNow(fd: 1 | 2, data: string | Uint8Array): void {
  const bytes = bytesOf(data)
  for (let at = 0; at < bytes.length; )
    try {
      at += writeSync(fd, bytes, at)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === "EPIPE") throw new BrokenPipe()
      if (code !== "EAGAIN") throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_MS)
    }
}

/** A sentence for the person who called, on stderr; where nobody reads that, it is for nobody. */
export function say(text: string): void {
  try {
    putNow(2, `${text}\n`)
  } catch {
    // there is nowhere else to say it
  }
}

const bytesOf = (data: string | Uint8Array): Uint8Array =>
  typeof data === "string" ? new TextEncoder().encode(data) : data
