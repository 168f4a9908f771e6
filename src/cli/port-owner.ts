// Who holds a TCP port, where the system tells: /proc on Linux.

import { readdirSync, readFileSync, readlinkSync } from "node:fs"

/** "python3 (process 123)", or null when the system does not say. */
export function portOwner(port: number): string | null {
  try {
    const inode = listeningInode(port)
    const pid = inode === null ? null : processWith(`socket:[${inode}]`)
    return pid === null ? null : `${readFileSync(`/proc/${pid}/comm`, "utf8").trim()} (process ${pid})`
  } catch {
    return null
  }
}

/** proc(5), /proc/net/tcp: local address in hex, state 0A is LISTEN, the tenth field is the inode. */
function listeningInode(port: number): string | null {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"])
    for (const line of readFileSync(table, "utf8").split("\n").slice(1)) {
      const fields = line.trim().split(/\s+/)
      if (fields[1]?.endsWith(suffix) && fields[3] === "0A") return fields[9] ?? null
    }
  return null
}

function processWith(link: string): string | null {
  for (const pid of readdirSync("/proc")) if (/^\d+$/.test(pid) && descriptors(pid).includes(link)) return pid
  return null
}

function descriptors(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map(fd => readlinkSync(`/proc/${pid}/fd/${fd}`))
  } catch {
    return []
  }
}
