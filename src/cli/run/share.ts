// Passes the caller's stdin and window size to a program on its own terminal.

import { isatty } from "node:tty"
import type { Process, Size } from "../../core/session/backend.ts"
import { CallerTerminal } from "../attach/terminal.ts"
import { say } from "../lib/print.ts"

/** Input that may wait for the program before stdin is paused, in bytes. */
const AHEAD = 64 << 10
/** Time between two checks whether the program has read it, in ms. */
const CHECK_MS = 5

/** Passes keys, or the bytes of a pipe and its end, to the program until closed. Reports new window sizes. */
export async function shareTerminal(
  child: Process,
  resized: (size: Size) => void,
): Promise<{ close(): void }> {
  if (isatty(0)) return interactive(child, resized)
  const gone = new AbortController()
  void feed(child, gone.signal)
  return { close: () => gone.abort() }
}

async function interactive(child: Process, resized: (size: Size) => void): Promise<{ close(): void }> {
  const terminal = await CallerTerminal.open()
  terminal.onInput(bytes => type(child, bytes))
  terminal.onResize(resized)
  terminal.raw()
  return { close: () => terminal.close() }
}

/** Types to the program. Reports a line that is too long for its terminal and does not type it. */
function type(child: Process, bytes: Uint8Array): boolean {
  try {
    void Promise.resolve(child.write(bytes)).catch(() => {})
    return true
  } catch (error) {
    say(`ptyline run: stdin: ${(error as Error).message}`)
    return false
  }
}

async function feed(child: Process, gone: AbortSignal): Promise<void> {
  for await (const bytes of process.stdin) {
    if (gone.aborted || !type(child, bytes)) return
    while (child.pending() > AHEAD && !gone.aborted)
      await new Promise(resolve => setTimeout(resolve, CHECK_MS))
  }
  if (!gone.aborted) child.eof()
}
