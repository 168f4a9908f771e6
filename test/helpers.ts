// Helpers for many tests: a session without a registry, waiting for output, checks of what is installed.

import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { planSpawn, type SpawnRequest } from "../src/core/access/policy.ts"
import { decode } from "../src/core/lib/text.ts"
import { delay } from "../src/core/lib/wake.ts"
import type { FollowEvent } from "../src/core/log/follow.ts"
import type { Backend, Process } from "../src/core/session/backend.ts"
import { Session } from "../src/core/session/session.ts"
import { inPath } from "./spawn.ts"

/** Process ids of the children of `pid`, zombies included (proc(5), children). */
export const childrenOf = (pid: number | string): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number)

/** How long a test waits for something that must happen, in ms: far more than a busy machine needs. */
export const PATIENCE_MS = 20_000

/** Reports whether all these programs are installed. */
export const installed = (...programs: string[]): boolean =>
  programs.every(program => testable(inPath(program), `${program} is not installed`))

/** Reports whether this is Linux, the only system with `what`. */
export const onLinux = (what: string): boolean =>
  testable(process.platform === "linux", `${what} (Linux only)`)

/** Reports whether this is root, which `what` needs. */
export const asRoot = (what: string): boolean => testable(process.getuid?.() === 0, `${what} (root only)`)

/** Returns the words that run a command in new namespaces as root (unshare(1)); null if not permitted. */
export function inNamespaces(...flags: string[]): string[] | null {
  const words = ["unshare", ...(process.getuid?.() === 0 ? [] : ["--map-root-user"]), ...flags]
  const can = spawnSync(words[0]!, [...words.slice(1), "true"]).status === 0
  return testable(can, `new namespaces (unshare ${flags.join(" ")}) are not permitted`) ? words : null
}

/** Prints why something is not tested. With CI=true that is a failure. */
function testable(can: boolean, why: string): boolean {
  if (can) return true
  console.error(`\n*** NOT TESTED: ${why} ***\n`)
  if (process.env.CI === "true") throw new Error(`not tested: ${why}`)
  return false
}

export type Collected = {
  bytes: Uint8Array
  text: string
  exit: Extract<FollowEvent, { type: "exit" }>
  gaps: number
}

/** A session for one test, ended and removed at the end of its block (`await using`). */
export class Run {
  readonly session: Session
  readonly process: Process

  constructor(session: Session, process: Process) {
    this.session = session
    this.process = process
  }

  get text(): string {
    const { log } = this.session
    return decode(log.slice(log.base, log.end - log.base))
  }

  type(text: string): void {
    this.session.write(new TextEncoder().encode(text))
  }

  /** Waits until the output has `pattern` at or after character `from`. Returns the position after it. */
  async until(pattern: string | RegExp, from = 0): Promise<number> {
    const expression = typeof pattern === "string" ? new RegExp(RegExp.escape(pattern)) : pattern
    const found = () => expression.exec(this.text.slice(from))
    await this.untilTrue(() => found() !== null, `the output to match ${expression}`)
    const match = found()!
    return from + match.index + match[0].length
  }

  /** Waits until `condition` holds; it is checked whenever the session changes. */
  async untilTrue(condition: () => boolean, what: string): Promise<void> {
    const late = AbortSignal.timeout(PATIENCE_MS)
    while (!condition()) {
      if (late.aborted)
        throw new Error(`timed out waiting for ${what}; the output is ${JSON.stringify(this.text)}`)
      await this.session.changed.wait(late)
    }
  }

  /** Resolves with all output and the exit. */
  collect(): Promise<Collected> {
    return collect(this.session)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session.end(100)
    this.session.remove()
  }
}

let count = 0

/** Starts `argv` on `backend`; a string is a line for sh. The environment is this process's. */
export function start(
  backend: Backend,
  argv: string[] | string,
  options: Partial<SpawnRequest> & { logLimit?: number; separateStreams?: boolean } = {},
): Run {
  const id = `s_test${globalThis.process.pid}x${++count}`
  const { logLimit = 64 << 20, separateStreams = false, ...more } = options
  const command = typeof argv === "string" ? ["/bin/sh", "-c", argv] : argv
  const request = { argv: command, size: { cols: 80, rows: 24 }, echo: true, ...more }
  const defaults = { argv: command, cwd: tmpdir(), env: globalThis.process.env as Record<string, string> }
  const spec = planSpawn(request, defaults, id, backend.tty)
  const facts = { id, spec, backend: backend.kind, tty: backend.tty, separateStreams, logLimit }
  const session = new Session({ ...facts, name: null, tags: [], owner: null, warnings: [] })
  const process = backend.spawn(spec, session.sink)
  session.start(process)
  return new Run(session, process)
}

/** Follows a session to its end. */
export async function collect(session: Session): Promise<Collected> {
  const pieces: Uint8Array[] = []
  let gaps = 0
  for await (const event of session.follow(0, AbortSignal.timeout(PATIENCE_MS * 3))) {
    if (event.type === "output") pieces.push(event.bytes)
    if (event.type === "gap") gaps++
    if (event.type !== "exit") continue
    const bytes = new Uint8Array(Buffer.concat(pieces))
    return { bytes, text: decode(bytes), exit: event, gaps }
  }
  throw new Error(`session ${session.spec.argv.join(" ")} did not end`)
}

/** Resolves when `condition` holds. For changes without an event, such as the end of another process. */
export async function eventually(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`timed out waiting for ${what}`)
    await delay(5)
  }
}

/** Returns the share of timer ticks that arrived while `work` ran; 1 if the event loop was never blocked. */
export async function timerShare(work: Promise<unknown>, everyMs = 10): Promise<number> {
  let ticks = 0
  const started = performance.now()
  const timer = setInterval(() => ticks++, everyMs)
  await work.finally(() => clearInterval(timer))
  return (ticks * everyMs) / (performance.now() - started)
}

/** Frees unused memory now, as far as the runtime can. */
export function collectGarbage(): void {
  if ("Bun" in globalThis) return Bun.gc(true)
  setFlagsFromString("--expose-gc")
  runInNewContext("gc")()
}

/** A temporary directory, removed at the end of the block. */
export function scratch(): { path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), "ptyline-scratch-"))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** The absolute path of a program in test/fixtures. */
export const fixture = (name: string) => join(import.meta.dirname, "fixtures", name)
