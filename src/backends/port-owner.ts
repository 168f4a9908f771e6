// Who listens on a TCP port, where the system tells (/proc on Linux), and ending who does.

import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs"
import { isIPv4 } from "node:net"
import { userInfo } from "node:os"
import { PtylineError } from "../core/errors.ts"
import { delay } from "../core/wake.ts"

/** How long a process that holds the port has to obey TERM, in ms (contract mop 2.7). */
const FORCE_GRACE_MS = 3000
/** How long the system is given to take away what was killed, in ms. */
const KILL_PATIENCE_MS = 2000

export type PortOwner = { pid: number; name: string }

/** The processes in the way of listening there, as far as this user may see them: those of others cannot be looked into. */
export function portOwners(host: string, port: number): PortOwner[] {
  try {
    const links = new Set([...listeningInodes(host, port)].map(inode => `socket:[${inode}]`))
    if (links.size === 0) return []
    const pids = readdirSync("/proc").filter(name => /^\d+$/.test(name))
    return pids
      .filter(pid => descriptors(pid).some(link => links.has(link)))
      .map(pid => ({ pid: Number(pid), name: readFileSync(`/proc/${pid}/comm`, "utf8").trim() }))
  } catch {
    return []
  }
}

/** "python3 (process 123)", or null when the system does not say. */
export function portOwner(host: string, port: number): string | null {
  const [owner] = portOwners(host, port)
  return owner ? `${owner.name} (process ${owner.pid})` : null
}

/** Ends who is in the way: TERM, 3 s, KILL. Answers whom it ended. Throws `denied` for a process of another user. */
export async function freePort(host: string, port: number): Promise<PortOwner[]> {
  const owners = portOwners(host, port).filter(({ pid }) => pid !== process.pid)
  if (owners.length === 0)
    throw new PtylineError("denied", `port ${port} is held by a process that is not this user's to end`)
  for (const { pid, name } of owners)
    if (ownerOf(pid) !== userInfo().uid)
      throw new PtylineError("denied", `port ${port} is held by ${name} (process ${pid}) of another user`)
  signalAll(owners, "SIGTERM")
  if (await released(host, port, FORCE_GRACE_MS)) return owners
  signalAll(owners, "SIGKILL")
  await released(host, port, KILL_PATIENCE_MS)
  return owners
}

/** True as soon as nobody listens. */
async function released(host: string, port: number, patienceMs: number): Promise<boolean> {
  for (const deadline = performance.now() + patienceMs; performance.now() < deadline; await delay(25))
    if (listeningInodes(host, port).size === 0) return true
  return false
}

function signalAll(owners: PortOwner[], signal: NodeJS.Signals): void {
  for (const { pid } of owners)
    try {
      process.kill(pid, signal)
    } catch {
      // it went by itself
    }
}

const ownerOf = (pid: number): number | undefined => statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid

/** proc(5), /proc/net/tcp: local address in hex, state 0A is LISTEN, the tenth field is the inode. */
function listeningInodes(host: string, port: number): Set<string> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`
  const found = new Set<string>()
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"])
    for (const line of readFileSync(table, "utf8").split("\n").slice(1)) {
      const fields = line.trim().split(/\s+/)
      const local = fields[1] ?? ""
      if (local.endsWith(suffix) && fields[3] === "0A" && inTheWay(local, host)) found.add(fields[9]!)
    }
  return found
}

/** Two IPv4 addresses of their own can share a port; everything else is taken to be in the way. */
function inTheWay(local: string, host: string): boolean {
  const address = local.split(":")[0]!
  if (address.length !== 8 || /^0+$/.test(address) || !isIPv4(host) || host === "0.0.0.0") return true
  const bytes = host.split(".").map(part => Number(part).toString(16).toUpperCase().padStart(2, "0"))
  return address === bytes.reverse().join("")
}

function descriptors(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map(fd => readlinkSync(`/proc/${pid}/fd/${fd}`))
  } catch {
    return []
  }
}
