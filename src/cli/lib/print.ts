// Writing to stdout and stderr: complete, in order, and without making shared descriptors non-blocking.

import { write, writeSync } from "node:fs"
import { isatty } from "node:tty"
import { stripVTControlCharacters } from "node:util"
import { attempt } from "../../core/lib/attempt.ts"

/** The reader of stdout is gone. The exit code is a shell's for SIGPIPE; nothing is printed. */
export class BrokenPipe extends Error {
  static readonly code = 141
}

/** Pause before retrying a full pipe that another program made non-blocking, in ms. */
const FULL_MS = 2

/** Reports whether stdout (1) or stderr (2) is a terminal and NO_COLOR is not set (no-color.org). */
export const coloured = (fd: 1 | 2): boolean => isatty(fd) && !process.env.NO_COLOR

/** Returns text without its colours, unless the descriptor shows them. */
export const plain = (text: string, fd: 1 | 2 = 1): string =>
  coloured(fd) ? text : stripVTControlCharacters(text).replace(/ +$/gm, "")

/** Writes all data without blocking the event loop. Rejects with `BrokenPipe`. */
export async function put(fd: 1 | 2, data: string | Uint8Array): Promise<void> {
  const bytes = bytesOf(data)
  for (let at = 0; at < bytes.length; ) {
    const n = await writeSome(fd, bytes.subarray(at))
    at += n
    if (n === 0) await new Promise(resolve => setTimeout(resolve, FULL_MS))
  }
}

function writeSome(fd: number, bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, (error, n) => {
      if (!error) resolve(n)
      else if (error.code === "EAGAIN") resolve(0)
      else reject(error.code === "EPIPE" ? new BrokenPipe() : error)
    })
  })
}

/**
 * Writes a session's output. On a terminal its queries are blanked: the terminal's replies would be typed
 * into the shell.
 */
export async function show(data: string | Uint8Array): Promise<void> {
  if (!isatty(1)) return put(1, data)
  const { QueryBlanker } = await import("../../http/attach/replay.ts")
  return put(1, new QueryBlanker().pass(bytesOf(data), true))
}

/** Writes all data and blocks until it is written, so that nothing overtakes it. Throws `BrokenPipe`. */
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

/** Prints a line on stderr. Does nothing when stderr is closed. */
export const say = (text: string): void => attempt(() => putNow(2, `${text}\n`))

const bytesOf = (data: string | Uint8Array): Uint8Array =>
  typeof data === "string" ? new TextEncoder().encode(data) : data
