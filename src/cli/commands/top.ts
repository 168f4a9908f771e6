// `ptyline top`: a table of sessions with their processor and memory use, redrawn at an interval.

import { isatty } from "node:tty"
import { type Usage, usageOf } from "../../backends/process/usage.ts"
import { delay } from "../../core/lib/wake.ts"
import { printable } from "../../ops/sessions/table.ts"
import type { SessionInfo } from "../../ops/shapes.ts"
import { shortBytes, tableOf } from "../../ops/text-table.ts"
import { CallerTerminal } from "../attach/terminal.ts"
import { connect } from "../connect/connect.ts"
import type { ServerConnection } from "../connect/connection.ts"
import { milliseconds } from "../lib/duration.ts"
import { type Parsed, refuseWord, type Variables } from "../lib/flags.ts"
import { put } from "../lib/print.ts"

type Sample = { at: number; sessions: SessionInfo[]; usage: Map<number, Usage> | null }

const HEADINGS = ["NAME", "STATE", "CPU%", "MEMORY", "PROCS", "OUTPUT", "PER S", "VIEWERS", "COMMAND"]
/** Columns that are right-aligned. */
const NUMBERS = [2, 3, 4, 5, 6, 7]
/** Time between the two samples that rates of a single table need, in ms. */
const FIRST_MS = 250
/** Assumed size of a terminal that does not know its own. */
const UNKNOWN_SIZE = { cols: 80, rows: 24 }

export async function top(parsed: Parsed, env: Variables): Promise<number> {
  refuseWord(parsed.words[0])
  const everyMs = Math.max(100, milliseconds("interval", (parsed.values.interval as string) ?? "2s"))
  await using connection = await connect(parsed, env)
  const before = await sample(connection)
  await delay(FIRST_MS)
  const rows = rowsOf(before, await sample(connection))
  if (parsed.values.json) await put(1, `${JSON.stringify({ sessions: rows })}\n`)
  else if (parsed.values.once || !isatty(1) || !isatty(0)) await put(1, table(rows))
  else await live(connection, everyMs)
  return 0
}

async function sample({ call, own }: ServerConnection): Promise<Sample> {
  const { sessions } = await call("list", {})
  const running = sessions.filter(session => session.state === "running" && session.pid > 0)
  return { at: performance.now(), sessions, usage: own ? usageOf(running.map(session => session.pid)) : null }
}

/** Process figures are null for another machine, rates without an earlier sample. */
function rowsOf(before: Sample, now: Sample) {
  const seconds = (now.at - before.at) / 1000
  return now.sessions.map(session => {
    const { id, name, state, log, viewers, argv, pid } = session
    const [used, earlier] = [now.usage?.get(pid), before.usage?.get(pid)]
    const was = before.sessions.find(other => other.id === id)
    return {
      id,
      name,
      state,
      cpu_percent:
        used && earlier ? Math.max(0, Math.round((used.cpuMs - earlier.cpuMs) / seconds / 10)) : null,
      memory_bytes: used?.rssBytes ?? null,
      processes: used?.processes ?? null,
      output_bytes: log.end,
      output_rate: was ? Math.round((log.end - was.log.end) / seconds) : null,
      viewers,
      command: printable(argv.join(" ")),
    }
  })
}

function table(rows: ReturnType<typeof rowsOf>, width?: number): string {
  const known = (value: number | null, show: (n: number) => string = String) =>
    value === null ? "-" : show(value)
  const cells = rows.map(row => [
    row.name ?? row.id,
    row.state,
    known(row.cpu_percent),
    known(row.memory_bytes, shortBytes),
    known(row.processes),
    shortBytes(row.output_bytes),
    known(row.output_rate, shortBytes),
    `${row.viewers}`,
    row.command,
  ])
  return tableOf([HEADINGS, ...cells], NUMBERS, width)
}

/** Redraws the table until q or Ctrl-C. */
async function live(connection: ServerConnection, everyMs: number): Promise<void> {
  const terminal = await CallerTerminal.open()
  const over = new AbortController()
  const end = () => over.abort()
  terminal.onInput(bytes => [...bytes].some(byte => byte === 3 || byte === 4 || byte === 113) && end())
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(name, end)
  terminal.raw()
  try {
    await put(1, "\x1b[?1049h\x1b[?25l")
    for (let before = await sample(connection); !over.signal.aborted; ) {
      await delay(everyMs, over.signal)
      if (over.signal.aborted) break
      const now = await sample(connection)
      const { cols, rows } = terminal.size ?? UNKNOWN_SIZE
      const lines = table(rowsOf(before, now), cols)
        .split("\n")
        .slice(0, rows - 1)
      await put(1, `\x1b[H${lines.map(line => `${line}\x1b[K`).join("\r\n")}\x1b[J`)
      before = now
    }
  } finally {
    await put(1, "\x1b[?1049l").catch(() => {})
    terminal.close()
  }
}
