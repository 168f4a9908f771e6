// Exits of child processes: a pidfd reports each one.

import { constants } from "node:os"
import type { OnExit } from "../types.ts"
import { ptr } from "./ffi.ts"
import { libc } from "./libc.ts"
import { PolledDescriptor } from "./poller.ts"

const SYS_PIDFD_OPEN = 434
/** poll(2): readable. */
const POLLIN = 1

/** Calls `onExit` once. */
export function watchExit(pid: number, onExit: OnExit): void {
  const descriptor = new PolledDescriptor(pidfd(pid))
  descriptor.whenReadable(() => {
    descriptor.close()
    onExit(...statusOf(pid))
  })
}

/** Blocks the thread until a child's end. Kills it when `timeoutMs` is over. */
export function awaitExit(pid: number, timeoutMs: number): Parameters<OnExit> {
  const descriptor = pidfd(pid)
  const ended = libc().poll(ptr(Int32Array.of(descriptor, POLLIN)), 1, timeoutMs) > 0
  if (!ended) process.kill(pid, "SIGKILL")
  libc().close(descriptor)
  return statusOf(pid)
}

/** Returns a descriptor that is readable after the child's end. Linux has it since 5.3. */
const pidfd = (pid: number): number => Number(libc().syscall(SYS_PIDFD_OPEN, pid, 0, 0))

/** Waits for a child and returns the exit code and the signal's name. wait(2) has the encoding. */
function statusOf(pid: number): Parameters<OnExit> {
  const status = new Int32Array(1)
  libc().waitpid(pid, ptr(status), 0)
  const signal = status[0]! & 0x7f
  return signal === 0 ? [(status[0]! >> 8) & 0xff, null] : [null, signalName(signal)]
}

const signalName = (signal: number): string =>
  Object.entries(constants.signals).find(([, number]) => number === signal)?.[0] ?? `SIG${signal}`
