// Listening TCP sockets and their processes, from /proc (proc(5)). Empty on systems other than Linux.

import { readdirSync, readFileSync, readlinkSync } from "node:fs"

/** `address` as in /proc/net/tcp: hex in host byte order, 8 digits for IPv4 and 32 for IPv6. */
export type ListeningSocket = { address: string; port: number; inode: string }

const LISTEN = "0A"

export function listeningSockets(): ListeningSocket[] {
  return ["/proc/net/tcp", "/proc/net/tcp6"].flatMap(path =>
    readLines(path)
      .slice(1)
      .flatMap(line => {
        const fields = line.trim().split(/\s+/)
        const [address, port] = (fields[1] ?? "").split(":")
        if (fields[3] !== LISTEN || !address || !port || !fields[9]) return []
        return [{ address, port: Number.parseInt(port, 16), inode: fields[9] }]
      }),
  )
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, "utf8").trimEnd().split("\n")
  } catch {
    return []
  }
}

/** Returns the inodes of a process's sockets; empty for another user's process and one that is gone. */
export function socketsOf(pid: number): Set<string> {
  try {
    return new Set(readdirSync(`/proc/${pid}/fd`).flatMap(fd => socketInode(`/proc/${pid}/fd/${fd}`)))
  } catch {
    return new Set()
  }
}

function socketInode(path: string): string[] {
  try {
    const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(path))?.[1]
    return inode === undefined ? [] : [inode]
  } catch {
    return [] // closed since the listing
  }
}

/** Returns the URL authority (host:port) of every socket on which these processes listen. */
export function reachableAt(pids: number[]): string[] {
  const inodes = new Set(pids.flatMap(pid => [...socketsOf(pid)]))
  const found = listeningSockets().filter(({ inode }) => inodes.has(inode))
  return [...new Set(found.flatMap(({ address, port }) => hostOf(address).map(host => `${host}:${port}`)))]
}

const V6_LOOPBACK = "00000000000000000000000001000000"
const V6_MAPPED_V4 = "0000000000000000FFFF0000"

/** Returns URL hosts for an address of /proc that is a loopback or wildcard address. */
function hostOf(address: string): string[] {
  if (/^0+$/.test(address)) return address.length === 8 ? ["127.0.0.1"] : ["127.0.0.1", "[::1]"]
  if (address === V6_LOOPBACK) return ["[::1]"]
  const v4 = address.startsWith(V6_MAPPED_V4) ? address.slice(V6_MAPPED_V4.length) : address
  if (v4.length !== 8 || !v4.endsWith("7F")) return []
  return [
    v4
      .match(/../g)!
      .reverse()
      .map(byte => Number.parseInt(byte, 16))
      .join("."),
  ]
}
