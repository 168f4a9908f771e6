// `ptyline logs`: prints output from an offset or a time, up to now or until the session ends.

import { isatty } from "node:tty"
import { stripEscapes } from "../../core/lib/text.ts"
import type { GapReason, LogGap } from "../../core/log/gap.ts"
import { AttachConnection } from "../attach/connection.ts"
import { connect } from "../connect/connect.ts"
import type { ServerConnection } from "../connect/connection.ts"
import { milliseconds } from "../lib/duration.ts"
import { numberOf, oneOf, oneWord, type Parsed, UsageError, type Variables } from "../lib/flags.ts"
import { say, show } from "../lib/print.ts"
import { lastLines } from "../run/outlet.ts"

/** Size of one read, and how much of the end is searched for the last lines, in bytes. */
const READ = 1 << 20
const TAIL_BYTES = 1 << 20

type Since = { offset: number } | { time: Date }

export async function logs(parsed: Parsed, env: Variables): Promise<number> {
  const id = oneWord(parsed)
  const { follow, since, tail, ansi } = parsed.values
  const writer = new Writer(strips(ansi as string | undefined))
  if (since !== undefined && tail !== undefined) throw new UsageError("--since and --tail exclude each other")
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

/** Reports whether to remove escape sequences. */
const strips = (ansi: string | undefined): boolean =>
  ansi === undefined ? !isatty(1) : oneOf("ansi", ansi, ["keep", "strip"]) === "strip"

function sinceOf(text: string): Since {
  if (/^-?\d+$/.test(text)) return { offset: Number(text) }
  if (/^\d{4}-/.test(text) && !Number.isNaN(Date.parse(text))) return { time: new Date(text) }
  return { time: new Date(Date.now() - milliseconds("since", text)) }
}

/** Writes bytes to stdout, with or without their escape sequences. */
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

const GAPS: Record<GapReason, string> = {
  trimmed: "are no longer available",
  slow_viewer: "were dropped before they were read",
  disk: "were lost: the disk was full or failed",
  damage: "cannot be read: the log on disk is damaged",
}

/** Older servers send no reason. */
const reportGap = ({ from, to, reason = "trimmed" }: Omit<LogGap, "reason"> & Partial<LogGap>) =>
  say(`ptyline logs: bytes ${from} to ${to} ${GAPS[reason]}`)

/** Prints output up to the current end. */
async function readFrom(
  { call }: ServerConnection,
  id: string,
  start: number,
  writer: Writer,
): Promise<void> {
  const stop = (await call("get", { id })).log.end
  for (let from: number = start; ; ) {
    const part = await call("read", { id, from, max_bytes: READ, encoding: "base64" })
    if (part.gap && start > 0) reportGap(part.gap)
    await writer.write(Buffer.from(part.data, "base64"))
    from = part.next
    if (from >= stop || part.data === "") return
  }
}

/** Prints the last lines. Resolves with the offset after them. */
async function lastOf(
  { call }: ServerConnection,
  id: string,
  lines: number,
  writer: Writer,
): Promise<number> {
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

async function followFrom(
  connection: ServerConnection,
  id: string,
  from: number,
  writer: Writer,
): Promise<void> {
  const output = new AttachConnection(
    connection,
    id,
    { mode: "view", snapshot: "never", from },
    {
      bytes: data => writer.write(data),
      frame: frame => {
        if (frame.type === "gap" && from > 0) reportGap(frame)
      },
    },
  )
  await output.follow()
}

/** Prints output from a time on: the output events of the recording, which has times. */
async function fromTime(
  { call }: ServerConnection,
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
