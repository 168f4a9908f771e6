// Agent tools over stdio: time of a call, alone and among waiting calls, and search speed.

import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Client } from "@modelcontextprotocol/client"
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio"
import { Wake } from "../../src/core/lib/wake.ts"
import { ByteLog } from "../../src/core/log/log.ts"
import type { Session } from "../../src/core/session/session.ts"
import { patternsOf } from "../../src/mcp/session/pattern.ts"
import { waitForText } from "../../src/mcp/session/search.ts"
import { type Bench, median, percentile, type Row } from "./lib/figures.ts"
import { program } from "./lib/server.ts"

const READS = 300
const SPAWNS = 20
const WAITING = 20
const SEARCHED = 10_000_000

export const mcp: Bench = {
  name: "mcp",
  async run(report) {
    await using agent = await Agent.start()
    report(await reads(agent))
    report(await spawns(agent))
    report(await amongWaiting(agent))
    report(await listed(agent))
    for (const [name, pattern, regex] of PATTERNS)
      for (const row of await searched(name, pattern, regex)) report(row)
    report(await evil())
  },
}

class Agent {
  readonly client = new Client({ name: "bench", version: "1" })
  #home = mkdtempSync(join(tmpdir(), "ptyline-bench-"))

  static async start(): Promise<Agent> {
    const agent = new Agent()
    const [command, ...args] = [...program(), "mcp"]
    const env = {
      PATH: process.env.PATH ?? "",
      HOME: agent.#home,
      PTYLINE_STATE_DIR: join(agent.#home, "state"),
    }
    const more = { PTY_MCP_MAX_SESSIONS: "100", PTYLINE_HOLDERS: "false" }
    await agent.client.connect(
      new StdioClientTransport({ command: command!, args, env: { ...env, ...more } }),
    )
    return agent
  }

  async call(name: string, args: Record<string, unknown>): Promise<string> {
    const { content, isError } = await this.client.callTool({ name, arguments: { owner: "bench", ...args } })
    const { text } = (content as { text: string }[])[0]!
    if (isError) throw new Error(`${name}: ${text}`)
    return text
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close()
    rmSync(this.#home, { recursive: true, force: true })
  }
}

async function times(count: number, work: () => Promise<unknown>): Promise<number[]> {
  const all: number[] = []
  for (let i = 0; i < count; i++) {
    const begun = performance.now()
    await work()
    all.push(performance.now() - begun)
  }
  return all
}

async function reads(agent: Agent): Promise<Row> {
  const session_id = await agent.call("pty_spawn", { command: "cat" })
  const read = () => agent.call("pty_read", { session_id, timeout_ms: 0 })
  await times(20, read)
  const measured = median(await times(READS, read))
  return { name: "a read, p50", measured, unit: "ms", target: "< 3", met: measured < 3 }
}

async function spawns(agent: Agent): Promise<Row> {
  const all = await times(SPAWNS, async () => {
    const session_id = await agent.call("pty_spawn", { command: "PS1='ready> ' sh" })
    const found = await agent.call("pty_read_until", { session_id, pattern: "ready> " })
    if (!JSON.parse(found).matched) throw new Error("no prompt")
    await agent.call("pty_close", { session_id })
  })
  const measured = median(all)
  const note = "with its end"
  return {
    name: "spawn sh to its prompt, p50",
    measured,
    unit: "ms",
    target: "< 60",
    met: measured < 60,
    note,
  }
}

async function amongWaiting(agent: Agent): Promise<Row> {
  const ids = await Promise.all(
    Array.from({ length: WAITING }, () => agent.call("pty_spawn", { command: "cat" })),
  )
  const gone = new AbortController()
  for (const session_id of ids) {
    const wait = {
      name: "pty_read_until",
      arguments: { owner: "bench", session_id, pattern: "never", timeout_ms: 60_000 },
    }
    void agent.client.callTool(wait, { signal: gone.signal }).catch(() => {})
  }
  let i = 0
  const other = () => agent.call("pty_status", { session_id: ids[i++ % WAITING] })
  await times(20, other)
  const measured = percentile(await times(READS, other), 99)
  gone.abort()
  return {
    name: "a call among 20 waiting reads, p99",
    measured,
    unit: "ms",
    target: "< 30",
    met: measured < 30,
  }
}

async function listed(agent: Agent): Promise<Row> {
  const measured = JSON.stringify(await agent.client.listTools()).length
  return { name: "tools/list", measured, unit: "bytes", target: "<= 9000", met: measured <= 9000 }
}

const PATTERNS: [name: string, pattern: string, regex: boolean][] = [
  ["literal", "needle in it", false],
  ["regex", "need[a-z]+ in it", true],
  ["regex, any case", "(?i)NEEDLE\\s+in", true],
]

/** A log that a waiting call searches, in lines of 60 characters. */
function logged(bytes: Uint8Array) {
  const log = new ByteLog(bytes.length)
  log.append(bytes)
  return { log, session: { log, changed: new Wake(), closed: true } as unknown as Session }
}

async function searched(name: string, pattern: string, regex: boolean): Promise<Row[]> {
  const line = "the quick brown fox jumps over the lazy dog and 0123456789.\n"
  const { log, session } = logged(
    new TextEncoder().encode(`${line.repeat(SEARCHED / line.length)}a needle in it\n`),
  )
  const patterns = patternsOf([pattern], regex, "pattern")
  const held = heldUp()
  const begun = performance.now()
  const signal = new AbortController().signal
  const deadline = begun + 60_000
  const found = await waitForText(session, log, {
    from: 0,
    searchFrom: 0,
    patterns,
    max: 8000,
    deadline,
    signal,
  })
  const measured = log.end / 1000 / (performance.now() - begun)
  const longest = held()
  if (found?.matchEnd === null) throw new Error("nothing found")
  return [
    { name: `until over 10 MB, ${name}`, measured, unit: "MB/s", target: ">= 30", met: measured >= 30 },
    {
      name: `event loop meanwhile, ${name}`,
      measured: longest,
      unit: "ms",
      target: "< 25",
      met: longest < 25,
    },
  ]
}

/** Longest delay of a timer tick, in ms. */
function heldUp(): () => number {
  let [last, longest] = [performance.now(), 0]
  const tick = () => {
    const now = performance.now()
    longest = Math.max(longest, now - last - 1)
    last = now
  }
  const timer = setInterval(tick, 1)
  return () => {
    clearInterval(timer)
    return longest
  }
}

async function evil(): Promise<Row> {
  const text = `${"a".repeat(30_000)}b`
  const [pattern] = patternsOf(["(a+)+$"], true, "pattern")
  pattern!.find(text)
  const measured = median(await times(20, async () => pattern!.find(text)))
  return { name: "(a+)+$ over 30,000 a and a b", measured, unit: "ms", target: "< 20", met: measured < 20 }
}
