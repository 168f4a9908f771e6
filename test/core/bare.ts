// Helpers for tests of the core: a session with invented output, and repeatable random numbers.

import type { Process } from "../../src/core/session/backend.ts"
import type { SessionOptions } from "../../src/core/session/options.ts"
import { Session } from "../../src/core/session/session.ts"

/** Returns a session without a program. `written` collects its input. */
export function bare(options: Partial<SessionOptions> = {}): Session & { written: string[] } {
  const spec = { argv: ["none"], cwd: "/", env: {}, size: { cols: 80, rows: 24 }, echo: true }
  const facts = { id: "s_bare", spec, backend: "none", tty: true, separateStreams: false, logLimit: 1 << 20 }
  const session = new Session({ ...facts, name: null, tags: [], owner: null, warnings: [], ...options })
  const written: string[] = []
  session.start(recorder(written))
  return Object.assign(session, { written })
}

function recorder(written: string[]): Process {
  const write = (data: Uint8Array) => void written.push(new TextDecoder().decode(data))
  const nothing = () => {}
  return {
    pid: 0,
    write,
    pending: () => 0,
    eof: nothing,
    resize: nothing,
    signal: nothing,
    terminate: async () => {},
    close: nothing,
  }
}

/** Returns random numbers in 0..n-1 from a seed (mulberry32). Repeat a failing test with its seed. */
export function random(seed: number): (n: number) => number {
  let state = seed
  return n => {
    state = (state + 0x6d2b79f5) | 0
    let x = Math.imul(state ^ (state >>> 15), 1 | state)
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x
    return ((x ^ (x >>> 14)) >>> 0) % n
  }
}

export const bytesOf = (text: string) => new TextEncoder().encode(text)
export const SEEDS = Array.from({ length: 20 }, (_, i) => i + 1)
