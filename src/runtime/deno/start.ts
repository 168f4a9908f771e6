// Start of a program: posix_spawn(3).

import { constants } from "node:os"
import { unrunnable, which } from "../shared/program.ts"
import type { Program } from "../types.ts"
import { ptr } from "./ffi.ts"
import { cString, lastError, libc, O_RDWR, systemError } from "./libc.ts"

/** A descriptor of this process, or a path that the child opens. The same path again is a duplicate. */
export type ChildDescriptor = number | string

/** POSIX_SPAWN_SETSIGDEF, POSIX_SPAWN_SETSIGMASK, POSIX_SPAWN_SETSID. */
const SPAWN_FLAGS = 0x04 | 0x08 | 0x80
/** More than the types of posix_spawn(3) and sigset_t take in any C library. */
const STRUCT_BYTES = 512
const F_DUPFD_CLOEXEC = 1030
/** close_range(2) on all descriptors from 3 on, to be closed in children only. */
const CLOSE_ALL_LATER = [436, 3, 0xffffffff, 4] as const

/** What the running call of posix_spawn(3) uses by address; the garbage collector must not free it. */
let inUse: Uint8Array[] = []

/**
 * Starts a program in a process session of its own, with default signals. `sources[n]` becomes its descriptor
 * n; a terminal that it opens becomes its controlling terminal. Returns its process id. Throws an error with
 * an errno as its `code`.
 */
export function startProgram(program: Program, sources: readonly ChildDescriptor[]): number {
  const pid = new Int32Array(1)
  const copies: number[] = []
  try {
    const path = addressOf(programPath(program))
    const argv = listOf(program.argv)
    const env = listOf(Object.entries(program.env).map(([name, value]) => `${name}=${value}`))
    const actions = fileActions(program.cwd, sources, copies)
    // this process may have descriptors of its caller, which no child may get
    libc().syscall(...CLOSE_ALL_LATER)
    const errno = libc().posix_spawn(ptr(pid), path, actions, attributes(), argv, env)
    libc().posix_spawn_file_actions_destroy(actions)
    if (errno !== 0) throw systemError(program.argv[0]!, errno)
    return pid[0]!
  } finally {
    for (const copy of copies) libc().close(copy)
    inUse = []
  }
}

/** Returns the file that execvp(3) runs, found with the program's own PATH. */
function programPath(program: Program): string {
  const reason = unrunnable(program)
  if (reason) throw systemError(program.argv[0]!, constants.errno[reason])
  return which(program.argv[0]!, program.env.PATH, program.cwd)!
}

/** Returns posix_spawnattr_t: no signal is blocked or ignored, which a child would inherit. */
function attributes(): number {
  const attributes = space()
  libc().posix_spawnattr_init(attributes)
  libc().posix_spawnattr_setsigmask(attributes, space(0))
  libc().posix_spawnattr_setsigdefault(attributes, space(0xff))
  libc().posix_spawnattr_setflags(attributes, SPAWN_FLAGS)
  return attributes
}

/** Returns posix_spawn_file_actions_t. Adds descriptors to `copies`, which the caller closes afterwards. */
function fileActions(cwd: string, sources: readonly ChildDescriptor[], copies: number[]): number {
  const actions = space()
  libc().posix_spawn_file_actions_init(actions)
  sources.forEach((source, target) => {
    const first = sources.indexOf(source)
    if (typeof source === "number") copies.push(copyAbove(source, sources.length))
    if (typeof source === "number") libc().posix_spawn_file_actions_adddup2(actions, copies.at(-1)!, target)
    else if (first < target) libc().posix_spawn_file_actions_adddup2(actions, first, target)
    else libc().posix_spawn_file_actions_addopen(actions, target, addressOf(source), O_RDWR, 0)
  })
  libc().posix_spawn_file_actions_addchdir_np(actions, addressOf(cwd))
  return actions
}

/** Duplicates a descriptor, so that no target of another one overwrites it. */
function copyAbove(descriptor: number, targets: number): number {
  const copy = libc().fcntl(descriptor, F_DUPFD_CLOEXEC, targets)
  if (copy < 0) throw lastError("fcntl")
  return copy
}

const space = (byte = 0): number => kept(new Uint8Array(STRUCT_BYTES).fill(byte))

const addressOf = (text: string): number => kept(cString(text))

/** Returns the address of a list of strings that ends with null. */
function listOf(texts: readonly string[]): number {
  const addresses = BigUint64Array.from([...texts.map(addressOf), 0], BigInt)
  return kept(new Uint8Array(addresses.buffer))
}

function kept(bytes: Uint8Array): number {
  inUse.push(bytes)
  return ptr(bytes)
}
