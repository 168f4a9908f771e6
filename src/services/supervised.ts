// One program that runs beside the server: started, watched, started again after a while when it ends, and ended with the server.

import { type ChildProcess, spawn } from "node:child_process"
import { delay, Wake } from "../core/lib/wake.ts"
import { LastLines } from "./lines.ts"

/** The first pause before a program is started again, in ms; each further one is twice as long, up to the longest. */
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 30_000
/** Who ran this long, in ms, has recovered: the next pause is the first one again. */
const RECOVERED_MS = 30_000
/** How long KILL is given, in ms. */
const KILL_PATIENCE_MS = 2000

export type ServiceStart = {
  argv: string[]
  cwd: string
  env: Record<string, string>
  /** Written to its stdin, which stays open: a program that reads it learns of the server's death by its end. */
  input?: string
}

export type ServiceState = "starting" | "running" | "waiting" | "stopped"

export type ServiceInfo = {
  name: string
  state: ServiceState
  pid: number | null
  restarts: number
  /** Why it does not run, or did not the last time. */
  reason: string | null
  log: string[]
}

export class Supervised {
  readonly name: string
  /** Fires at every change of state. */
  readonly changed = new Wake()
  readonly #plan: () => Promise<ServiceStart>
  #lines = new LastLines()
  #child: ChildProcess | null = null
  #state: ServiceState = "starting"
  #restarts = 0
  #reason: string | null = null
  #stopped = new AbortController()
  #life: Promise<void> | null = null

  /** `plan` is asked before every start; when it rejects, its message is the reason and the start is tried again later. */
  constructor(name: string, plan: () => Promise<ServiceStart>) {
    this.name = name
    this.#plan = plan
  }

  get info(): ServiceInfo {
    const { name } = this
    const pid = this.#child?.pid ?? null
    return {
      name,
      state: this.#state,
      pid,
      restarts: this.#restarts,
      reason: this.#reason,
      log: this.#lines.all,
    }
  }

  start(): void {
    this.#life ??= this.#live()
  }

  /** TERM to its process group, `graceMs`, KILL. Resolves when it is gone; twice is fine. */
  async stop(graceMs: number): Promise<void> {
    this.#stopped.abort()
    const ended = this.#life ?? Promise.resolve()
    this.#signal("SIGTERM")
    await Promise.race([ended, delay(graceMs)])
    this.#signal("SIGKILL")
    await Promise.race([ended, delay(KILL_PATIENCE_MS)])
  }

  async #live(): Promise<void> {
    const { signal } = this.#stopped
    for (let pause = FIRST_PAUSE_MS; !signal.aborted; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      const began = performance.now()
      this.#reason = await this.#run().catch(error => (error as Error).message)
      if (performance.now() - began > RECOVERED_MS) pause = FIRST_PAUSE_MS
      if (signal.aborted) break
      this.#become("waiting")
      await delay(pause, signal)
      this.#restarts++
    }
    this.#become("stopped")
  }

  /** From its start to its end. Resolves with how it ended. */
  async #run(): Promise<string> {
    this.#become("starting")
    const { argv, cwd, env, input } = await this.#plan()
    if (this.#stopped.signal.aborted) return "stopped"
    const child = spawn(argv[0]!, argv.slice(1), {
      cwd,
      env,
      detached: true,
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    })
    this.#child = child
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (bytes: Uint8Array) => this.#lines.push(bytes))
    child.stdin?.on("error", () => {})
    child.stdin?.write(input ?? "")
    child.on("spawn", () => this.#become("running"))
    return ended(child).finally(() => {
      this.#signal("SIGKILL") // what it left behind in its group
      this.#child = null
    })
  }

  #become(state: ServiceState): void {
    this.#state = state
    this.changed.fire()
  }

  #signal(name: NodeJS.Signals): void {
    try {
      if (this.#child?.pid) process.kill(-this.#child.pid, name)
    } catch {
      // nobody is left in its group
    }
  }
}

function ended(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.on("error", error =>
      reject(new Error(`cannot be started: ${(error as NodeJS.ErrnoException).code}`)),
    )
    child.on("exit", (code, signal) => resolve(signal ? `ended by ${signal}` : `exited with code ${code}`))
  })
}
