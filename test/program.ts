// Runs ptyline as users do, each with its own home: from source, or the executable in PTYLINE_TEST_BINARY.

import type { ChildProcessWithoutNullStreams } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { eventually } from "./helpers.ts"
import { inPath, runCommand, type Spawned, spawn } from "./spawn.ts"

const BINARY = process.env.PTYLINE_TEST_BINARY
export const SOURCE = join(import.meta.dirname, "../bin/ptyline.ts")

/** The command that starts ptyline. */
export const program = (): string[] => (BINARY ? [BINARY] : runCommand(SOURCE))

const ROOT = join(import.meta.dirname, "..")
/** The Deno that `npm run ok` fetches, or the one on the PATH. */
const DENO = [join(ROOT, ".cache/deno/node_modules/.bin/deno"), "deno"].find(path => inPath(path)) ?? "deno"

/** The command that starts ptyline from source under Deno. */
export const programUnderDeno = (): string[] => [
  DENO,
  "run",
  "-A",
  "--config",
  join(ROOT, "deno.json"),
  SOURCE,
]

export type Result = { code: number | null; signal: string | null; stdout: string; stderr: string }

/** A user's home: a directory with a state directory, and an environment that uses both. */
export class Home {
  readonly path = mkdtempSync(join(tmpdir(), "ptyline-home-"))
  readonly state = join(this.path, "state")
  readonly env: Record<string, string>

  /** Sessions end with their server unless `holders` is true. */
  constructor(more: Record<string, string> = {}, holders = false) {
    const { PATH = "/usr/bin:/bin" } = process.env
    this.env = {
      PATH,
      HOME: this.path,
      SHELL: "/bin/sh",
      LANG: "C.UTF-8",
      PTYLINE_STATE_DIR: this.state,
      DENO_DIR: join(ROOT, ".cache/deno/cache"),
      ...(!holders && { PTYLINE_HOLDERS: "false" }),
      ...more,
    }
  }

  /** Starts ptyline with these arguments; the caller waits for it. */
  spawn(args: string[], env: Record<string, string> = {}, command = program()): Child {
    return new Child([...command, ...args], this.path, { ...this.env, ...env })
  }

  /** Runs one command to its end. */
  run(...args: string[]): Promise<Result> {
    return this.spawn(args).result()
  }

  /** Starts a server on a free port and waits until it listens. */
  async serve(flags: string[] = [], env: Record<string, string> = {}, command?: string[]): Promise<Served> {
    const port = flags.some(flag => flag.startsWith("--port")) ? [] : ["--port", "0"]
    const child = this.spawn(["serve", ...port, ...flags], env, command)
    await child.until(() => child.stdout.includes("\n"), "the server's address")
    return new Served(child)
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}

export class Child {
  readonly command: string[]
  readonly process: Spawned<ChildProcessWithoutNullStreams>
  stdout = ""
  stderr = ""
  #read: Promise<unknown>

  constructor(command: string[], cwd: string, env: Record<string, string>) {
    this.command = command
    this.process = spawn(command, { cwd, env, stdio: "pipe" })
    this.#read = Promise.all([this.#collect("stdout"), this.#collect("stderr")])
  }

  get pid(): number {
    return this.process.pid!
  }

  async #collect(name: "stdout" | "stderr"): Promise<void> {
    const decoder = new TextDecoder()
    for await (const piece of this.process[name]) this[name] += decoder.decode(piece, { stream: true })
  }

  /** Waits for output. Throws with the output so far if the process ends first. */
  async until(condition: () => boolean, what: string): Promise<void> {
    await eventually(() => condition() || this.process.exitCode !== null, what)
    if (!condition())
      throw new Error(`it exited with ${this.process.exitCode} before ${what}: ${this.stdout}${this.stderr}`)
  }

  async result(): Promise<Result> {
    this.process.stdin.end()
    await this.process.exited
    await this.#read
    const { exitCode: code, signalCode: signal } = this.process
    return { code, signal, stdout: this.stdout, stderr: this.stderr }
  }
}

/** A running server, stopped at the end of the block. */
export class Served {
  readonly child: Child
  readonly url: string
  readonly origin: string
  readonly token: string

  constructor(child: Child) {
    this.child = child
    this.url = child.stdout.split("\n")[0]!
    const { origin, hash } = new URL(this.url)
    this.origin = origin
    this.token = hash.replace("#token=", "")
  }

  fetch(path: string, init: RequestInit & { tls?: { ca: string } } = {}): Promise<Response> {
    const headers = { authorization: `Bearer ${this.token}`, "content-type": "application/json" }
    return fetch(this.origin + path, { headers, ...init })
  }

  /** Sends a signal and waits for the exit. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Result> {
    this.child.process.kill(signal)
    return this.child.result()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.process.exitCode === null) this.child.process.kill("SIGTERM")
    await this.child.result()
  }
}
