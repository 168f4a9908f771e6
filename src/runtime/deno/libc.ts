// The C library of Linux: the functions that descriptors, child processes and terminals need.

import { closeSync } from "node:fs"
import { constants } from "node:os"
import { libc as openLibc } from "../shared/libc.ts"
import type { CloseDescriptor } from "../types.ts"
import { ptr } from "./ffi.ts"

export const O_RDWR = 0o2
export const O_NOCTTY = 0o400
export const O_NONBLOCK = 0o4000
export const O_CLOEXEC = 0o2000000

type Libc = NonNullable<ReturnType<typeof load>>["symbols"] & { readonly name: string }
let loaded: Libc | undefined

/** Throws on other systems. */
export function libc(): Libc {
  if (loaded) return loaded
  const found = load()
  if (!found) throw new Error("terminals and pipes under Deno need Linux")
  loaded = { ...found.symbols, name: found.library }
  return loaded
}

/** Returns an error with the name of an errno as its `code`. */
export function systemError(call: string, errno: number): Error & { code: string } {
  const name = Object.entries(constants.errno).find(([, number]) => number === errno)?.[0]
  const code = name ?? `errno ${errno}`
  return Object.assign(new Error(`${call}: ${code}`), { code })
}

/** Returns the error of the call before, which set errno. */
export function lastError(call: string): Error & { code: string } {
  const errno = new Int32Array(1)
  libc().memcpy(ptr(errno), libc().__errno_location(), 4)
  return systemError(call, errno[0]!)
}

/**
 * Closes any descriptor. Deno keeps a table of those that `node:fs` opened. Closed without it, a descriptor
 * would be closed a second time when its number returns; `node:fs` knows no others.
 */
export const closeDescriptor: CloseDescriptor = descriptor => {
  try {
    closeSync(descriptor)
  } catch {
    libc().close(descriptor)
  }
}

/** Returns a string as C expects it. Throws EINVAL when it contains a zero byte. */
export function cString(text: string): Buffer {
  if (text.includes("\0")) throw systemError("zero byte in a string", constants.errno.EINVAL)
  return Buffer.from(`${text}\0`)
}

const load = () =>
  openLibc({
    __errno_location: { args: [], returns: "ptr" },
    close: { args: ["i32"], returns: "i32" },
    epoll_create1: { args: ["i32"], returns: "i32" },
    epoll_ctl: { args: ["i32", "i32", "i32", "ptr"], returns: "i32" },
    eventfd: { args: ["u32", "i32"], returns: "i32" },
    eventfd_write: { args: ["i32", "u64"], returns: "i32" },
    fcntl: { args: ["i32", "i32", "i32"], returns: "i32" },
    grantpt: { args: ["i32"], returns: "i32" },
    ioctl: { args: ["i32", "u64", "ptr"], returns: "i32" },
    memfd_create: { args: ["ptr", "u32"], returns: "i32" },
    memcpy: { args: ["ptr", "ptr", "u64"], returns: "ptr" },
    pipe2: { args: ["ptr", "i32"], returns: "i32" },
    poll: { args: ["ptr", "u64", "i32"], returns: "i32" },
    posix_openpt: { args: ["i32"], returns: "i32" },
    posix_spawn: { args: ["ptr", "ptr", "ptr", "ptr", "ptr", "ptr"], returns: "i32" },
    posix_spawn_file_actions_addchdir_np: { args: ["ptr", "ptr"], returns: "i32" },
    posix_spawn_file_actions_adddup2: { args: ["ptr", "i32", "i32"], returns: "i32" },
    posix_spawn_file_actions_addopen: { args: ["ptr", "i32", "ptr", "i32", "u32"], returns: "i32" },
    posix_spawn_file_actions_destroy: { args: ["ptr"], returns: "i32" },
    posix_spawn_file_actions_init: { args: ["ptr"], returns: "i32" },
    posix_spawnattr_init: { args: ["ptr"], returns: "i32" },
    posix_spawnattr_setflags: { args: ["ptr", "i32"], returns: "i32" },
    posix_spawnattr_setsigdefault: { args: ["ptr", "ptr"], returns: "i32" },
    posix_spawnattr_setsigmask: { args: ["ptr", "ptr"], returns: "i32" },
    pread: { args: ["i32", "ptr", "u64", "i64"], returns: "i64" },
    ptsname_r: { args: ["i32", "ptr", "u64"], returns: "i32" },
    read: { args: ["i32", "ptr", "u64"], returns: "i64" },
    syscall: { args: ["i64", "i64", "i64", "i64"], returns: "i64" },
    tcgetattr: { args: ["i32", "ptr"], returns: "i32" },
    tcsetattr: { args: ["i32", "i32", "ptr"], returns: "i32" },
    unlockpt: { args: ["i32"], returns: "i32" },
    waitpid: { args: ["i32", "ptr", "i32"], returns: "i32" },
    write: { args: ["i32", "ptr", "u64"], returns: "i64" },
  })
