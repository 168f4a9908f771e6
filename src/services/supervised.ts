// A program that runs beside the server: started, restarted after it ends, and stopped with the server.

import { type ChildProcess, spawn } from "node:child_process"
import { attempt } from "../core/lib/attempt.ts"
import { delay } from "../core/lib/wake.ts"
import { LastLines } from "./lines.ts"

/** Pause before the first restart, in ms. Doubles with each restart, up to the maximum. */
const FIRST_PAUSE_MS = 500
const MAX_PAUSE_MS = 30_000
/** After running this long, in ms, a program starts again with the first pause. */
const RECOVERED_MS = 30_000
/** How long to wait after KILL, in ms. */
const KILL_WAIT_MS = 2000

export type ServiceStart = {
  argv: string[]
  cwd: string
  env: Record<string, string>
  /** Written to stdin, which stays open: its end tells the program that the server has died. */
  input?: string
}

type ServiceState = "starting" | "running" | "waiting" | "stopped"

export type ServiceInfo = {
  name: string
  state: ServiceState
  pid: number | null
  restarts: number
  /** Why it is not running, or why it last ended. */
  reason: string | null
  log: string[]
}

export class Supervised {
  readonly name: string
  readonly #plan: () => Promise<ServiceStart>
  readonly #onEnd: (info: ServiceInfo) => void
  #lines = new LastLines()
  #child: ChildProcess | null = null
  #state: ServiceState = "starting"
  #restarts = 0
  #reason: string | null = null
  #stopped = new AbortController()
  #loop: Promise<void> | null = null

  /**
   * Calls `plan` before every start. If it rejects, its message is the reason, and the start is retried.
   * Calls `onEnd` before every restart.
   */
  constructor(name: string, plan: () => Promise<ServiceStart>, onEnd: (info: ServiceInfo) => void) {
    this.name = name
    this.#plan = plan
    this.#onEnd = onEnd
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
    this.#loop ??= this.#supervise()
  }

  /** Sends TERM to the process group and, after `graceMs`, KILL. Resolves when it is gone. */
  async stop(graceMs: number): Promise<void> {
    this.#stopped.abort()
    const waitForExit = this.#loop ?? Promise.resolve()
    this.#signal("SIGTERM")
    await Promise.race([waitForExit, delay(graceMs)])
    this.#signal("SIGKILL")
    await Promise.race([waitForExit, delay(KILL_WAIT_MS)])
  }

  async #supervise(): Promise<void> {
    const { signal } = this.#stopped
    for (let pause = FIRST_PAUSE_MS; !signal.aborted; pause = Math.min(pause * 2, MAX_PAUSE_MS)) {
      const startedAt = performance.now()
      this.#reason = await this.#run().catch(error => (error as Error).message)
      if (performance.now() - startedAt > RECOVERED_MS) pause = FIRST_PAUSE_MS
      if (signal.aborted) break
      this.#state = "waiting"
      this.#onEnd(this.info)
      await delay(pause, signal)
      this.#restarts++
    }
    this.#state = "stopped"
  }

  /** Runs the program once. Resolves with how it ended. */
  async #run(): Promise<string> {
    this.#state = "starting"
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
    child.on("spawn", () => {
      this.#state = "running"
    })
    return waitForExit(child).finally(() => {
      this.#signal("SIGKILL") // processes left in its group
      this.#child = null
    })
  }

  #signal(name: NodeJS.Signals): void {
    const pid = this.#child?.pid
    // fails when the group is empty
    if (pid) attempt(() => process.kill(-pid, name))
  }
}

function waitForExit(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.on("error", error =>
      reject(new Error(`cannot be started: ${(error as NodeJS.ErrnoException).code}`)),
    )
    child.on("exit", (code, signal) => resolve(signal ? `ended by ${signal}` : `exited with code ${code}`))
  })
}
