// A program run by this process: its signals, its time limit, and the end of everything it started.

import { isatty } from "node:tty"
import { backendChooser } from "../../backends/choose.ts"
import { ForegroundChild } from "../../backends/process/child.ts"
import { reapOrphans } from "../../backends/process/orphans.ts"
import { PtylineError } from "../../core/lib/errors.ts"
import type { ExitStatus, Process, Sink, Spec } from "../../core/session/backend.ts"
import { BrokenPipe, say } from "../lib/print.ts"
import type { RunOptions } from "./options.ts"
import type { Outlet } from "./outlet.ts"
import { shareTerminal } from "./share.ts"
import { forwardSignals } from "./signals.ts"

export type RunResult = { exit: ExitStatus; at: Date; timedOut: boolean }
/** A program under way: `ended` is the end of its output and rejects when nobody takes that any more. */
type Started = Pick<Process, "signal" | "terminate"> & {
  exited: Promise<ExitStatus>
  ended: Promise<void>
  release(): void
}

/** How long output may take to end when all processes are gone, in ms. */
const LAST_WORDS_MS = 2000

/** Resolves when the program and all that it started are gone. Rejects with `spawn_failed`, `BrokenPipe`. */
export async function runHere(spec: Spec, outlet: Outlet, options: RunOptions): Promise<RunResult> {
  const { graceMs, pty } = options
  using _orphans = reapOrphans()
  // before there is a program: a signal that came in between would end us and leave it behind
  let child: Started | undefined
  using signals = forwardSignals(graceMs, {
    pass: name => child?.signal(name),
    end: () => void child?.terminate(0),
  })
  child = pty ? await onTerminal(spec, outlet, options) : onPipes(spec, outlet)
  signals.ready()
  try {
    return await untilGone(child, options)
  } catch (error) {
    if (error instanceof BrokenPipe) await child.terminate(graceMs)
    throw error
  } finally {
    child.release()
  }
}

async function untilGone(child: Started, { timeoutMs, graceMs }: RunOptions): Promise<RunResult> {
  let timedOut = false
  const outOfTime = () => {
    timedOut = true
    void child.terminate(graceMs)
  }
  const limit = timeoutMs === null ? undefined : setTimeout(outOfTime, timeoutMs)
  try {
    const unread = child.ended.then(() => new Promise<never>(() => {}))
    const exit = await Promise.race([child.exited, unread])
    const at = new Date()
    await child.terminate(graceMs)
    await Promise.race([child.ended, new Promise(resolve => setTimeout(resolve, LAST_WORDS_MS))])
    return { exit, at, timedOut }
  } finally {
    clearTimeout(limit)
  }
}

/** A stream that nobody has to look at is the caller's own descriptor, at the program's own speed. */
function onPipes(spec: Spec, outlet: Outlet): Started {
  const take = outlet.take.bind(outlet)
  const child = new ForegroundChild(spec, {
    stdout: outlet.looks || isatty(1) ? take : undefined,
    stderr: outlet.looks || isatty(2) ? take : undefined,
  })
  const signal: Started["signal"] = name => child.signal(name)
  const terminate: Started["terminate"] = graceMs => child.terminate(graceMs)
  return { signal, terminate, exited: child.exited, ended: child.ended, release: () => {} }
}

async function onTerminal(spec: Spec, outlet: Outlet, { parsed }: RunOptions): Promise<Started> {
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
  const signal: Started["signal"] = name => child.signal(name)
  const terminate: Started["terminate"] = graceMs => child.terminate(graceMs)
  return { signal, terminate, exited: exited.promise, ended: ended.promise, release }
}

/** On a system without terminals the program runs on pipes, and is told so. */
function terminalProcess(spec: Spec, sink: Sink): Process {
  const { backend, fallback } = backendChooser("auto")("auto", false)
  try {
    return backend.spawn(spec, sink)
  } catch (error) {
    if (!fallback || !(error instanceof PtylineError) || error.code !== "unavailable") throw error
    say(`ptyline run: no terminal to be had, pipes instead: ${error.message}`)
    return fallback.spawn(spec, sink)
  }
}
