// Does a program wait for input? Asked of the kernel: what the terminal's foreground processes are blocked in. Linux only.

import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from "node:fs"
import { foregroundProcesses } from "./tree.ts"

type Calls = { read: number[]; poll: number[]; select: number[]; epoll: number[] }

/** Numbers of the system calls that wait for a descriptor (Linux's syscall tables). */
const CALLS: Partial<Record<NodeJS.Architecture, Calls>> = {
  x64: { read: [0, 17, 19], poll: [7, 271], select: [23, 270], epoll: [232, 281, 441] },
  arm64: { read: [63, 65, 67], poll: [73], select: [72], epoll: [22, 441] },
}
/** struct pollfd: int fd, short events, short revents. */
const POLLFD = 8
const POLLIN = 1
/** More descriptors than any program waits for at once here; bounds what is read of its memory. */
const MAX_DESCRIPTORS = 4096

/**
 * True when a process of the foreground group of `pid`'s terminal is blocked until somebody types: in a read of the terminal,
 * or in poll, select or epoll with the terminal among what it waits for. Null where that cannot be known: on other
 * systems than Linux, on other processors than x64 and arm64, and for programs of another user (sudo, su).
 */
export function awaitsInput(pid: number): boolean | null {
  const calls = process.platform === "linux" ? CALLS[process.arch] : undefined
  if (!calls) return null
  try {
    return foregroundProcesses(pid).some(one => isBlocked(one, calls))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === "EACCES" || code === "EPERM" ? null : false
  }
}

/** Throws what the system says where it does not let this user look. */
function isBlocked(pid: number, calls: Calls): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).some(task => reads(pid, task, calls))
  } catch (error) {
    if (isLeaving(pid)) return false
    throw error
  }
}

/** Is it gone, or without memory of its own (proc(5), VmSize) as at its end? Only root may look at such a one. */
function isLeaving(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/status`, "latin1").includes("\nVmSize:")
  } catch {
    return true
  }
}

/** proc(5): /proc/pid/syscall is "running", or the call's number, its six arguments and two registers. */
function reads(pid: number, task: string, calls: Calls): boolean {
  const [number, ...rest] = readFileSync(`/proc/${pid}/task/${task}/syscall`, "latin1").trim().split(" ")
  const call = Number(number)
  const args = rest.map(Number)
  if (calls.read.includes(call)) return isTerminal(pid, args[0]!)
  if (calls.poll.includes(call)) return polled(pid, args[0]!, args[1]!).some(fd => isTerminal(pid, fd))
  if (calls.select.includes(call)) return selected(pid, args[0]!, args[1]!).some(fd => isTerminal(pid, fd))
  return calls.epoll.includes(call) && epolled(pid, args[0]!).some(fd => isTerminal(pid, fd))
}

/** A terminal's own name, or the one that stands for a process's own terminal: who asks for a password opens that. */
function isTerminal(pid: number, fd: number): boolean {
  try {
    return /^\/dev\/(pts\/\d+|tty)$/.test(readlinkSync(`/proc/${pid}/fd/${fd}`))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false
    throw error
  }
}

/** The descriptors of an array of struct pollfd that are polled for input. */
function polled(pid: number, address: number, count: number): number[] {
  const memory = memoryOf(pid, address, Math.min(count, MAX_DESCRIPTORS) * POLLFD)
  const found: number[] = []
  for (let at = 0; at + POLLFD <= memory.length; at += POLLFD)
    if (memory.readInt16LE(at + 4) & POLLIN) found.push(memory.readInt32LE(at))
  return found
}

/** The descriptors below `count` whose bits are set. */
function selected(pid: number, count: number, address: number): number[] {
  if (address === 0) return []
  const memory = memoryOf(pid, address, Math.ceil(Math.min(count, MAX_DESCRIPTORS) / 8))
  const found: number[] = []
  for (let fd = 0; fd < count && fd >> 3 < memory.length; fd++)
    if (memory[fd >> 3]! & (1 << (fd & 7))) found.push(fd)
  return found
}

/** The descriptors that an epoll instance watches: "tfd: 0 events: 19 ...", the events in hex. */
function epolled(pid: number, fd: number): number[] {
  const info = readFileSync(`/proc/${pid}/fdinfo/${fd}`, "latin1")
  const watched = info.matchAll(/^tfd:\s*(\d+) events:\s*([0-9a-f]+)/gm)
  return [...watched].filter(match => Number.parseInt(match[2]!, 16) & POLLIN).map(match => Number(match[1]))
}

function memoryOf(pid: number, address: number, length: number): Buffer {
  const file = openSync(`/proc/${pid}/mem`, "r")
  try {
    const memory = Buffer.alloc(length)
    return memory.subarray(0, readSync(file, memory, 0, length, address))
  } finally {
    closeSync(file)
  }
}
