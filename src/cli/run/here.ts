// A program run as a child of this process: signals, time limit, and the end of every process it started.

import { isatty } from "node:tty"
import { backendChooser } from "../../backends/choose.ts"
import { ForegroundChild } from "../../backends/process/child.ts"
import { reapOrphans } from "../../backends/process/orphans.ts"
import { hasCode } from "../../core/lib/errors.ts"
import type { ExitStatus, Process, Sink, Spec } from "../../core/session/backend.ts"
import { BrokenPipe, say } from "../lib/print.ts"
import type { RunOptions } from "./options.ts"
import type { Outlet } from "./outlet.ts"
import { shareTerminal } from "./share.ts"
import { forwardSignals } from "./signals.ts"

export type RunResult = { exit: ExitStatus; at: Date; timedOut: boolean }
/** A running program. `ended` resolves at the end of its output and rejects when stdout is closed. */
type RunningChild = {
  process: Pick<Process, "signal" | "terminate">
  exited: Promise<ExitStatus>
  ended: Promise<void>
  release(): void
}

/** How long output may take to end after all processes are gone, in ms. */
const LAST_OUTPUT_MS = 2000

/**
 * Runs the program. Resolves when it and every process it started are gone.
 * Rejects with `spawn_failed` or `BrokenPipe`.
 */
export async function runHere(spec: Spec, outlet: Outlet, options: RunOptions): Promise<RunResult> {
  const { graceMs, pty } = options
  using _orphans = reapOrphans()
  // set before the program starts: a signal in between would end this process and leave the program running
  let child: RunningChild | undefined
  using signals = forwardSignals(graceMs, {
    pass: name => child?.process.signal(name),
    end: () => void child?.process.terminate(0),
  })
  child = pty ? await onTerminal(spec, outlet, options) : onPipes(spec, outlet)
  signals.ready()
  try {
    return await untilGone(child, options)
  } catch (error) {
    if (error instanceof BrokenPipe) await child.process.terminate(graceMs)
    throw error
  } finally {
    child.release()
  }
}

async function untilGone(child: RunningChild, { timeoutMs, graceMs }: RunOptions): Promise<RunResult> {
  let timedOut = false
  const outOfTime = () => {
    timedOut = true
    void child.process.terminate(graceMs)
  }
  const limit = timeoutMs === null ? undefined : setTimeout(outOfTime, timeoutMs)
  try {
    const unread = child.ended.then(() => new Promise<never>(() => {}))
    const exit = await Promise.race([child.exited, unread])
    const at = new Date()
    await child.process.terminate(graceMs)
    await Promise.race([child.ended, new Promise(resolve => setTimeout(resolve, LAST_OUTPUT_MS))])
    return { exit, at, timedOut }
  } finally {
    clearTimeout(limit)
  }
}

/** Runs the program on pipes. A stream that is not read here is the caller's own descriptor. */
function onPipes(spec: Spec, outlet: Outlet): RunningChild {
  const take = outlet.take.bind(outlet)
  const process = new ForegroundChild(spec, {
    stdout: outlet.reads || isatty(1) ? take : undefined,
    stderr: outlet.reads || isatty(2) ? take : undefined,
  })
  return { process, exited: process.exited, ended: process.ended, release: () => {} }
}

/** Runs the program on a terminal with the caller's keys and, without --cols and --rows, its size. */
async function onTerminal(spec: Spec, outlet: Outlet, { parsed }: RunOptions): Promise<RunningChild> {
  const exited = Promise.withResolvers<ExitStatus>()
  const ended = Promise.withResolvers<void>()
  const sink: Sink = {
    output: bytes => {
      try {
        outlet.takeNow(bytes)
      } catch (error) {
        ended.reject(error)
      }
    },
    exit: exited.resolve,
    end: ended.resolve,
  }
  const child = terminalProcess(spec, sink)
  const follow = parsed.values.cols === undefined && parsed.values.rows === undefined
  const shared = await shareTerminal(child, size => {
    if (!follow) return
    child.resize(size)
    outlet.resized(size)
  })
  const release = () => {
    shared.close()
    child.close()
  }
  return { process: child, exited: exited.promise, ended: ended.promise, release }
}

/** Starts the program on a terminal; on pipes, with a message, where the system has none. */
function terminalProcess(spec: Spec, sink: Sink): Process {
  const { backend, fallback } = backendChooser("auto")("auto", false)
  try {
    return backend.spawn(spec, sink)
  } catch (error) {
    if (!fallback || !hasCode(error, "unavailable")) throw error
    say(`ptyline run: no terminal available; using pipes: ${error.message}`)
    return fallback.spawn(spec, sink)
  }
}
