// Owner of a TCP port: finds and ends the processes that listen on it. Linux only.

import { readdirSync, readFileSync, statSync } from "node:fs"
import { isIPv4 } from "node:net"
import { userInfo } from "node:os"
import { PtylineError } from "../../core/lib/errors.ts"
import { delay } from "../../core/lib/wake.ts"
import { type ListeningSocket, listeningSockets, socketsOf } from "./listeners.ts"

/** How long a port's owner may take to exit after TERM, in ms (contract mop 2.7). */
const FORCE_GRACE_MS = 3000
/** How long a killed process may take to release the port, in ms. */
const KILL_PATIENCE_MS = 2000

type PortOwner = { pid: number; name: string }

/** Returns the processes that block listening there. Processes of other users are not visible. */
function portOwners(host: string, port: number): PortOwner[] {
  const inodes = blockers(host, port).map(({ inode }) => inode)
  if (inodes.length === 0) return []
  const pids = readdirSync("/proc").filter(name => /^\d+$/.test(name))
  return pids.flatMap(pid => {
    const sockets = socketsOf(Number(pid))
    return inodes.some(inode => sockets.has(inode)) ? [{ pid: Number(pid), name: nameOf(pid) }] : []
  })
}

function nameOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim()
  } catch {
    return "a program"
  }
}

/** Returns text such as "python3 (process 123)", or null when unknown. */
export function portOwner(host: string, port: number): string | null {
  const [owner] = portOwners(host, port)
  return owner ? `${owner.name} (process ${owner.pid})` : null
}

/** Ends the owners of a port: TERM, 3 s, KILL. Returns them. Throws `denied` for another user's process. */
export async function freePort(host: string, port: number): Promise<PortOwner[]> {
  const owners = portOwners(host, port).filter(({ pid }) => pid !== process.pid)
  if (owners.length === 0)
    throw new PtylineError("denied", `port ${port} is used by a process of another user`)
  for (const { pid, name } of owners)
    if (ownerOf(pid) !== userInfo().uid)
      throw new PtylineError("denied", `port ${port} is used by ${name} (process ${pid}) of another user`)
  signalAll(owners, "SIGTERM")
  if (await released(host, port, FORCE_GRACE_MS)) return owners
  signalAll(owners, "SIGKILL")
  await released(host, port, KILL_PATIENCE_MS)
  return owners
}

/** Resolves with true as soon as the port is free, and with false after `patienceMs`. */
async function released(host: string, port: number, patienceMs: number): Promise<boolean> {
  for (const deadline = performance.now() + patienceMs; performance.now() < deadline; await delay(25))
    if (blockers(host, port).length === 0) return true
  return false
}

function signalAll(owners: PortOwner[], signal: NodeJS.Signals): void {
  for (const { pid } of owners)
    try {
      process.kill(pid, signal)
    } catch {
      // it has already exited
    }
}

const ownerOf = (pid: number): number | undefined => statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid

/** Returns the sockets that block listening there: all on the port except on another IPv4 address. */
function blockers(host: string, port: number): ListeningSocket[] {
  const bytes = isIPv4(host) && host !== "0.0.0.0" ? host.split(".").map(hexByte).reverse().join("") : null
  return listeningSockets().filter(({ address, port: other }) => {
    const apart = bytes !== null && address.length === 8 && !/^0+$/.test(address) && address !== bytes
    return other === port && !apart
  })
}

const hexByte = (byte: string): string => Number(byte).toString(16).toUpperCase().padStart(2, "0")
