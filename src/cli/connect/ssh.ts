// A server behind ssh: `ptyline __stdio` there joins its stdio to that machine's socket, and a socket here is joined to it.

import { type ChildProcess, spawn } from "node:child_process"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { createServer, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PtylineError } from "../../core/lib/errors.ts"
import { UsageError } from "../lib/flags.ts"
import type { Connection } from "./connection.ts"
import type { Variables } from "./target.ts"

const DEADLY = ["SIGINT", "SIGTERM", "SIGHUP"] as const

type OverUnix = (unix: string, name: string, own: boolean, close: () => Promise<void>) => Connection

/** Every connection is one ssh of its own: its keys, agents and jump hosts are as the user has set them up. */
export async function overSsh(url: string, env: Variables, overUnix: OverUnix): Promise<Connection> {
  const words = sshWords(url)
  const directory = mkdtempSync(join(tmpdir(), "ptyline-ssh-"))
  chmodSync(directory, 0o700)
  const path = join(directory, "s")
  const children = new Set<ChildProcess>()
  let [trouble, answered] = ["", false]
  const server = createServer(socket => {
    const child = joined(socket, words, env, text => {
      trouble = `${trouble}${text}`.slice(-2000)
    })
    child.stdout?.once("data", () => {
      answered = true
    })
    children.add(child)
    child.once("close", () => children.delete(child))
  })
  await new Promise<void>((resolve, reject) => server.listen(path, resolve).once("error", reject))
  const tidy = () => {
    server.close()
    for (const child of children) child.kill("SIGTERM")
    rmSync(directory, { recursive: true, force: true })
  }
  const off = beforeDeath(tidy)
  const close = async () => {
    off()
    tidy()
  }
  const connection = overUnix(path, url, false, close)
  await connection.fetch("healthz").catch(async () => {
    await close()
    throw new PtylineError("unavailable", `no server to be reached at ${url}: ${reason(trouble, answered)}`, {
      tried: [url],
    })
  })
  return connection
}

/** Does `tidy` before a signal ends this process, unless a command has its own way to end. Answers how to take that back. */
function beforeDeath(tidy: () => void): () => void {
  const heard = (name: NodeJS.Signals) => {
    if (process.listenerCount(name) > 1) return
    off()
    tidy()
    process.kill(process.pid, name)
  }
  const off = () => {
    for (const name of DEADLY) process.off(name, heard)
  }
  for (const name of DEADLY) process.on(name, heard)
  return off
}

/** What is best known of why: the last line that ssh, or ptyline there, said. */
function reason(trouble: string, answered: boolean): string {
  const unsaid = answered ? "what answered there is no ptyline" : "ssh ended without a word"
  return trouble.trim().split("\n").at(-1) || unsaid
}

/** Users and hosts: ssh's configuration may put them into a shell's words (%r, %h), where `$(...)` would be run. */
const USER = /^[\w.][\w.@+-]*$/
const HOST = /^[\w.:][\w.:%-]*$/

/** ssh://user@host:port/path/to/ptyline; neither can be taken for an option, or for something to run. */
function sshWords(url: string): string[] {
  const { username, port, pathname, hostname: bracketed } = new URL(url)
  const hostname = bracketed.replace(/^\[(.*)\]$/, "$1")
  const name = decodeURIComponent(username)
  if (!HOST.test(hostname)) throw new UsageError(`no host in ${JSON.stringify(url)}`)
  if (name !== "" && !USER.test(name)) throw new UsageError(`no user's name in ${JSON.stringify(url)}`)
  const program = pathname.length > 1 ? decodeURIComponent(pathname) : "ptyline"
  if (!/^[\w./~+-]+$/.test(program))
    throw new UsageError(`not the path of a program: ${JSON.stringify(program)}`)
  const user = name ? ["-l", name] : []
  return [...(port ? ["-p", port] : []), ...user, "-T", "--", hostname, program, "__stdio"]
}

function joined(socket: Socket, words: string[], env: Variables, said: (text: string) => void): ChildProcess {
  const child = spawn("ssh", words, { stdio: ["pipe", "pipe", "pipe"], env: env as NodeJS.ProcessEnv })
  child.on("error", error => {
    said(`cannot run ssh: ${(error as NodeJS.ErrnoException).code}`)
    socket.destroy()
  })
  child.stderr.on("data", data => said(String(data)))
  child.stdin.on("error", () => socket.destroy())
  socket.on("error", () => child.kill("SIGTERM"))
  socket.on("close", () => child.kill("SIGTERM"))
  socket.pipe(child.stdin)
  child.stdout.pipe(socket)
  return child
}
