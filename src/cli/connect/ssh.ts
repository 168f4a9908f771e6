// A server reached through ssh: a local Unix socket whose connections each run `ssh HOST ptyline __stdio`.

import { type ChildProcess, spawn } from "node:child_process"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { createServer, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PtylineError } from "../../core/lib/errors.ts"
import { UsageError, type Variables } from "../lib/flags.ts"
import { overUnix, type ServerConnection } from "./connection.ts"

const DEADLY = ["SIGINT", "SIGTERM", "SIGHUP"] as const

/**
 * Connects to the server at an ssh:// address. Each connection runs its own ssh, so the user's keys, agents
 * and jump hosts apply. Throws `unavailable` with what ssh reported.
 */
export async function overSsh(url: string, env: Variables): Promise<ServerConnection> {
  const sshArgs = sshArguments(url)
  const directory = mkdtempSync(join(tmpdir(), "ptyline-ssh-"))
  chmodSync(directory, 0o700)
  const path = join(directory, "s")
  const children = new Set<ChildProcess>()
  let [report, responded] = ["", false]
  const server = createServer(socket => {
    const child = bridge(socket, sshArgs, env, text => {
      report = `${report}${text}`.slice(-2000)
    })
    child.stdout?.once("data", () => {
      responded = true
    })
    children.add(child)
    child.once("close", () => children.delete(child))
  })
  await new Promise<void>((resolve, reject) => server.listen(path, resolve).once("error", reject))
  const cleanUp = () => {
    server.close()
    for (const child of children) child.kill("SIGTERM")
    rmSync(directory, { recursive: true, force: true })
  }
  const off = onDeath(cleanUp)
  const close = async () => {
    off()
    cleanUp()
  }
  const connection = overUnix(path, url, false, close)
  await connection.fetch("healthz").catch(async () => {
    await close()
    throw new PtylineError("unavailable", `cannot reach a server at ${url}: ${reason(report, responded)}`, {
      tried: [url],
    })
  })
  return connection
}

/**
 * Runs `cleanUp` before a signal ends this process, unless the command handles that signal itself.
 * Returns a function that cancels this.
 */
function onDeath(cleanUp: () => void): () => void {
  const listener = (name: NodeJS.Signals) => {
    if (process.listenerCount(name) > 1) return
    off()
    cleanUp()
    process.kill(process.pid, name)
  }
  const off = () => {
    for (const name of DEADLY) process.off(name, listener)
  }
  for (const name of DEADLY) process.on(name, listener)
  return off
}

/** Returns the last line that ssh, or the remote ptyline, printed on stderr. */
function reason(report: string, responded: boolean): string {
  const unknown = responded ? "the program there is not ptyline" : "ssh ended without an error message"
  return report.trim().split("\n").at(-1) || unknown
}

/** Users and hosts: ssh's configuration may pass them to a shell (%r, %h), which would run `$(...)`. */
const USER = /^[\w.][\w.@+-]*$/
const HOST = /^[\w.:][\w.:%-]*$/

/**
 * Returns ssh's arguments for ssh://user@host:port/path/to/ptyline. Throws `UsageError` for a part that ssh
 * or a shell could take for an option or a command.
 */
function sshArguments(url: string): string[] {
  const { username, port, pathname, hostname: bracketed } = new URL(url)
  const hostname = bracketed.replace(/^\[(.*)\]$/, "$1")
  const name = decodeURIComponent(username)
  if (!HOST.test(hostname)) throw new UsageError(`invalid host in ${JSON.stringify(url)}`)
  if (name !== "" && !USER.test(name)) throw new UsageError(`invalid user name in ${JSON.stringify(url)}`)
  const program = pathname.length > 1 ? decodeURIComponent(pathname) : "ptyline"
  if (!/^[\w./~+-]+$/.test(program)) throw new UsageError(`invalid program path ${JSON.stringify(program)}`)
  const user = name ? ["-l", name] : []
  return [...(port ? ["-p", port] : []), ...user, "-T", "--", hostname, program, "__stdio"]
}

/** Starts ssh and pipes the socket through it. `report` gets ssh's stderr. */
function bridge(
  socket: Socket,
  sshArgs: string[],
  env: Variables,
  report: (text: string) => void,
): ChildProcess {
  const child = spawn("ssh", sshArgs, { stdio: ["pipe", "pipe", "pipe"], env: env as NodeJS.ProcessEnv })
  child.on("error", error => {
    report(`cannot run ssh: ${(error as NodeJS.ErrnoException).code}`)
    socket.destroy()
  })
  child.stderr.on("data", data => report(String(data)))
  child.stdin.on("error", () => socket.destroy())
  socket.on("error", () => child.kill("SIGTERM"))
  socket.on("close", () => child.kill("SIGTERM"))
  socket.pipe(child.stdin)
  child.stdout.pipe(socket)
  return child
}
