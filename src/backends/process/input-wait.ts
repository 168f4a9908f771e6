// Detection of a program that waits for input, by the system calls it is blocked in. Linux only.

import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from "node:fs"
import { foregroundProcesses } from "./tree.ts"

type Calls = { read: number[]; poll: number[]; select: number[]; epoll: number[] }

/** Numbers of the system calls that wait for a descriptor, from the syscall tables of Linux. */
const CALLS: Partial<Record<NodeJS.Architecture, Calls>> = {
  x64: { read: [0, 17, 19], poll: [7, 271], select: [23, 270], epoll: [232, 281, 441] },
  arm64: { read: [63, 65, 67], poll: [73], select: [72], epoll: [22, 441] },
}
/** struct pollfd: int fd, short events, short revents. */
const POLLFD = 8
const POLLIN = 1
/** More descriptors than a program is expected to wait for. Bounds the read of its memory. */
const MAX_DESCRIPTORS = 4096

/**
 * Whether a foreground process of `pid`'s terminal is blocked until it gets input: in a read of the terminal,
 * or in poll, select or epoll on it. Null when unknown: on systems other than Linux, on processors other than
 * x64 and arm64, and for programs of another user (sudo, su).
 */
export function awaitsInput(pid: number): boolean | null {
  const calls = process.platform === "linux" ? CALLS[process.arch] : undefined
  if (!calls) return null
  try {
    return foregroundProcesses(pid).some(member => isBlocked(member, calls))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === "EACCES" || code === "EPERM" ? null : false
  }
}

/** Throws the system's error when this user may not inspect the process. */
function isBlocked(pid: number, calls: Calls): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).some(task => isReading(pid, task, calls))
  } catch (error) {
    if (isLeaving(pid)) return false
    throw error
  }
}

/** Whether it is gone, or exiting (proc(5), no VmSize). Only root may inspect an exiting process. */
function isLeaving(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/status`, "latin1").includes("\nVmSize:")
  } catch {
    return true
  }
}

/** proc(5): /proc/pid/syscall has "running", or the call's number, six arguments and two registers. */
function isReading(pid: number, task: string, calls: Calls): boolean {
  const [number, ...rest] = readFileSync(`/proc/${pid}/task/${task}/syscall`, "latin1").trim().split(" ")
  const call = Number(number)
  const args = rest.map(Number)
  if (calls.read.includes(call)) return isTerminal(pid, args[0]!)
  if (calls.poll.includes(call)) return polled(pid, args[0]!, args[1]!).some(fd => isTerminal(pid, fd))
  if (calls.select.includes(call)) return selected(pid, args[0]!, args[1]!).some(fd => isTerminal(pid, fd))
  return calls.epoll.includes(call) && epolled(pid, args[0]!).some(fd => isTerminal(pid, fd))
}

/** Includes /dev/tty, the process's own terminal: password prompts open that. */
function isTerminal(pid: number, fd: number): boolean {
  try {
    return /^\/dev\/(pts\/\d+|tty)$/.test(readlinkSync(`/proc/${pid}/fd/${fd}`))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false
    throw error
  }
}

/** Returns the descriptors in an array of struct pollfd that are polled for input. */
function polled(pid: number, address: number, count: number): number[] {
  const memory = memoryOf(pid, address, Math.min(count, MAX_DESCRIPTORS) * POLLFD)
  const found: number[] = []
  for (let at = 0; at + POLLFD <= memory.length; at += POLLFD)
    if (memory.readInt16LE(at + 4) & POLLIN) found.push(memory.readInt32LE(at))
  return found
}

/** Returns the descriptors below `count` whose bits are set. */
function selected(pid: number, count: number, address: number): number[] {
  if (address === 0) return []
  const memory = memoryOf(pid, address, Math.ceil(Math.min(count, MAX_DESCRIPTORS) / 8))
  const found: number[] = []
  for (let fd = 0; fd < count && fd >> 3 < memory.length; fd++)
    if (memory[fd >> 3]! & (1 << (fd & 7))) found.push(fd)
  return found
}

/** Returns the descriptors that an epoll instance watches, from lines "tfd: 0 events: 19", in hex. */
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
