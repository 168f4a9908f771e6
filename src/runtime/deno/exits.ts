// Exits of child processes: a pidfd reports each one.

import { constants } from "node:os"
import { setInterval } from "node:timers"
import type { OnExit } from "../types.ts"
import { ptr } from "./ffi.ts"
import { libc } from "./libc.ts"
import { PolledDescriptor } from "./poller.ts"

const SYS_PIDFD_OPEN = 434
const WNOHANG = 1
/** poll(2): readable. */
const POLLIN = 1
/** Between two looks at a child without a pidfd, in ms. */
const LOOK_MS = 100

/** Calls `onExit` once. `unref` lets this process exit before the child. */
export function watchExit(pid: number, onExit: OnExit): { unref(): void } {
  const descriptor = Number(libc().syscall(SYS_PIDFD_OPEN, pid, 0, 0))
  const polled = descriptor < 0 ? null : new PolledDescriptor(descriptor)
  let timer: NodeJS.Timeout | undefined
  const look = () => {
    const status = statusOf(pid)
    if (status === null) return
    clearInterval(timer)
    polled?.close()
    onExit(...status)
  }
  const lookOften = () => {
    timer ??= setInterval(look, LOOK_MS)
    return timer
  }
  if (polled) polled.whenReadable(look)
  else lookOften()
  return {
    unref() {
      // a thread that waits would keep this process running
      polled?.close()
      lookOften().unref()
    },
  }
}

/** Blocks the thread until a child's end. Kills it when `timeoutMs` is over. */
export function awaitExit(pid: number, timeoutMs: number): Parameters<OnExit> {
  const descriptor = Number(libc().syscall(SYS_PIDFD_OPEN, pid, 0, 0))
  const ended = libc().poll(ptr(Int32Array.of(descriptor, POLLIN)), 1, timeoutMs) > 0
  if (!ended) process.kill(pid, "SIGKILL")
  libc().close(descriptor)
  return statusOf(pid, 0) ?? [null, null]
}

/** Returns the exit code and the signal's name, or null while the child runs. wait(2) has the encoding. */
function statusOf(pid: number, options = WNOHANG): Parameters<OnExit> | null {
  const status = new Int32Array(1)
  const found = libc().waitpid(pid, ptr(status), options)
  if (found === 0) return null
  const signal = status[0]! & 0x7f
  return signal === 0 ? [(status[0]! >> 8) & 0xff, null] : [null, signalName(signal)]
}

const signalName = (signal: number): string =>
  Object.entries(constants.signals).find(([, number]) => number === signal)?.[0] ?? `SIG${signal}`
