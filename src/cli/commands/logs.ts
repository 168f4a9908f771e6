// `ptyline logs`: output from an offset or a time on, to its end now or to the session's.

import { isatty } from "node:tty"
import { stripEscapes } from "../../core/lib/text.ts"
import { AttachConnection } from "../attach/connection.ts"
import { type Connection, connect } from "../connect/connection.ts"
import type { Variables } from "../connect/target.ts"
import { milliseconds } from "../lib/duration.ts"
import { numberOf, parseFlags, UsageError } from "../lib/flags.ts"
import { say, show } from "../lib/print.ts"
import { lastLines } from "../run/outlet.ts"
import { oneId } from "./session-words.ts"
import { LOGS } from "./verbs.ts"

/** One read, in bytes; and how much of the end is looked through for the last lines. */
const READ = 1 << 20
const TAIL_BYTES = 1 << 20

type Since = { offset: number } | { time: Date }

export async function logs(args: string[], env: Variables): Promise<number> {
  const parsed = parseFlags(args, LOGS.flags)
  const id = oneId("logs", parsed)
  const { follow, since, tail, ansi } = parsed.values
  const writer = new Writer(stripped(ansi as string | undefined))
  if (since !== undefined && tail !== undefined)
    throw new UsageError("--since and --tail both say where to begin")
  const begin = since === undefined ? { offset: 0 } : sinceOf(since as string)
  const lines = tail === undefined ? null : numberOf(parsed, "tail", 0, 100_000)
  await using connection = await connect(parsed, env)
  await connection.call("get", { id })
  if ("time" in begin) await fromTime(connection, id, begin.time, follow === true, writer)
  else {
    const next = lines === null ? begin.offset : await lastOf(connection, id, lines, writer)
    if (follow) await followFrom(connection, id, next, writer)
    else await readFrom(connection, id, next, writer)
  }
  await writer.end()
  return 0
}

function stripped(ansi: string | undefined): boolean {
  if (ansi !== undefined && ansi !== "keep" && ansi !== "strip")
    throw new UsageError(`--ansi must be keep or strip, got ${JSON.stringify(ansi)}`)
  return ansi === undefined ? !isatty(1) : ansi === "strip"
}

function sinceOf(text: string): Since {
  if (/^-?\d+$/.test(text)) return { offset: Number(text) }
  if (/^\d{4}-/.test(text) && !Number.isNaN(Date.parse(text))) return { time: new Date(text) }
  return { time: new Date(Date.now() - milliseconds("since", text)) }
}

/** Bytes to stdout, with their escape sequences or without, whatever pieces they come in. */
class Writer {
  readonly #strip: boolean
  #rest = new Uint8Array(0)

  constructor(strip: boolean) {
    this.#strip = strip
  }

  async write(bytes: Uint8Array, last = false): Promise<void> {
    if (!this.#strip) return show(bytes)
    const all = Buffer.concat([this.#rest, bytes])
    const { bytes: plain, used } = stripEscapes(all, last)
    this.#rest = all.slice(used)
    await show(plain.slice())
  }

  end(): Promise<void> {
    return this.write(new Uint8Array(0), true)
  }
}

const GAPS = {
  trimmed: "are no longer kept",
  slow_viewer: "were dropped before they were read",
  disk: "were lost: the disk did not take them",
  damage: "cannot be read: the log on disk is damaged",
}

/** Older servers send no reason. */
const tellGap = ({
  from,
  to,
  reason = "trimmed",
}: {
  from: number
  to: number
  reason?: keyof typeof GAPS
}) => say(`ptyline logs: bytes ${from} to ${to} ${GAPS[reason]}`)

/** Up to the end as it is now. */
async function readFrom({ call }: Connection, id: string, start: number, writer: Writer): Promise<void> {
  const stop = (await call("get", { id })).log.end
  for (let from: number = start; ; ) {
    const part = await call("read", { id, from, max_bytes: READ, encoding: "base64" })
    if (part.gap && start > 0) tellGap(part.gap)
    await writer.write(Buffer.from(part.data, "base64"))
    from = part.next
    if (from >= stop || part.data === "") return
  }
}

/** The last lines; answers where they end. */
async function lastOf({ call }: Connection, id: string, lines: number, writer: Writer): Promise<number> {
  const { end } = (await call("get", { id })).log
  const part = await call("read", {
    id,
    from: Math.max(0, end - TAIL_BYTES),
    max_bytes: TAIL_BYTES,
    encoding: "base64",
  })
  const text = Buffer.from(part.data, "base64").toString("latin1")
  await writer.write(Buffer.from(lastLines(text, lines), "latin1"))
  return part.next
}

async function followFrom(connection: Connection, id: string, from: number, writer: Writer): Promise<void> {
  const line = new AttachConnection(
    connection,
    id,
    { mode: "view", snapshot: "never", from },
    {
      bytes: data => writer.write(data),
      frame: frame => {
        if (frame.type === "gap" && from > 0) tellGap(frame)
      },
    },
  )
  await line.follow()
}

/** Times are known to recordings: their output events are the log from then on. */
async function fromTime(
  { call }: Connection,
  id: string,
  time: Date,
  follow: boolean,
  writer: Writer,
): Promise<void> {
  let rest = ""
  for await (const piece of await call("recording", { id, since: time.toISOString(), follow })) {
    const lines = (rest + piece).split("\n")
    rest = lines.pop()!
    for (const line of lines) {
      const event: unknown = JSON.parse(line)
      if (Array.isArray(event) && event[1] === "o") await writer.write(new TextEncoder().encode(event[2]))
    }
  }
}
