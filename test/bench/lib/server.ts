// The server under test: a process with its own HOME, and its memory and processor time.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const SOURCE = join(import.meta.dir, "../../../bin/ptyline.ts")
/** Clock ticks per second in /proc (getconf CLK_TCK); 100 on every Linux. */
const TICKS = 100

/** Sessions run in the server itself unless `env` has PTYLINE_HOLDERS=true. */
export type ServerOptions = {
  flags?: string[]
  /** A module to load before the server, which then runs from source. */
  preload?: string
  env?: Record<string, string>
  /** The command for ptyline in place of the usual one. */
  command?: string[]
  /** A shared HOME that is not removed; a new one by default. */
  home?: string
}

/** The command for ptyline: from source, or the executable in PTYLINE_TEST_BINARY. */
export function program(preload?: string): string[] {
  const binary = process.env.PTYLINE_TEST_BINARY
  if (preload) return [process.execPath, "--preload", preload, SOURCE]
  return binary ? [binary] : [process.execPath, SOURCE]
}

export class Server {
  readonly origin: string
  readonly port: number
  readonly pid: number
  readonly home: string
  #process: Bun.Subprocess
  #ownHome: boolean

  private constructor(process: Bun.Subprocess, home: string, ownHome: boolean, url: string) {
    this.#process = process
    this.home = home
    this.#ownHome = ownHome
    this.pid = process.pid
    this.origin = new URL(url).origin
    this.port = Number(new URL(url).port)
  }

  /** Resolves when the server listens. */
  static async start(options: ServerOptions = {}): Promise<Server> {
    const { flags = [], preload, env = {}, home: given, command = program(preload) } = options
    const home = given ?? mkdtempSync(join(tmpdir(), "ptyline-bench-"))
    const own = {
      ...{ PATH: process.env.PATH ?? "", HOME: home, PTYLINE_STATE_DIR: join(home, "state") },
      PTYLINE_HOLDERS: "false",
      DENO_DIR: join(import.meta.dir, "../../../.cache/deno/cache"),
      ...env,
    }
    const child = Bun.spawn([...command, "serve", "--port", "0", "--no-auth", ...flags], {
      cwd: home,
      env: own,
      stdout: "pipe",
      stderr: "ignore",
    })
    return new Server(child, home, given === undefined, await firstLine(child.stdout))
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    this.#process.kill(signal)
    const late = setTimeout(() => this.#process.kill("SIGKILL"), 10_000)
    await this.#process.exited
    clearTimeout(late)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    if (this.#ownHome) rmSync(this.home, { recursive: true, force: true })
  }

  /** Resident memory, in bytes. */
  get rss(): number {
    return memoryOf(this.pid)
  }

  /** Processor time so far, in ms. */
  get cpuMs(): number {
    const fields = statOf(this.pid)
    return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS
  }

  get descriptors(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length
  }
}

export function memoryOf(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))
  return Number(line?.[1] ?? 0) * 1024
}

/** Running processes, without zombies. */
export function processCount(): number {
  let count = 0
  for (const name of readdirSync("/proc")) if (/^\d+$/.test(name) && alive(Number(name))) count++
  return count
}

function alive(pid: number): boolean {
  try {
    return !["Z", "X"].includes(statOf(pid)[0]!)
  } catch {
    return false
  }
}

/** The fields of /proc/pid/stat after the command's closing parenthesis (proc(5)). */
function statOf(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = ""
  const decoder = new TextDecoder()
  for await (const bytes of stream) {
    text += decoder.decode(bytes, { stream: true })
    if (text.includes("\n")) return text.split("\n")[0]!
  }
  throw new Error("the server ended before it listened")
}
