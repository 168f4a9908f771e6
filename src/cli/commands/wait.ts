// `ptyline wait`: the operation wait, repeated up to the time limit, with an exit code for its outcome.

import { connect } from "../connect/connect.ts"
import { milliseconds } from "../lib/duration.ts"
import { oneWord, type Parsed, UsageError, type Variables } from "../lib/flags.ts"
import { put, say, show } from "../lib/print.ts"
import { TIMED_OUT } from "../run/status.ts"

/** Longest wait of one request, in ms. */
const SLICE_MS = 30_000

export async function wait(parsed: Parsed, env: Variables): Promise<number> {
  const id = oneWord(parsed)
  const { match, regex, exit, idle, input, from, timeout, json } = parsed.values
  const list = (value: unknown) => value as string[] | undefined
  const idle_ms = idle === undefined ? undefined : milliseconds("idle", idle as string)
  const until = {
    match: list(match),
    regex: list(regex),
    exit: exit === true || undefined,
    input: input === true || undefined,
    idle_ms,
  }
  if (Object.values(until).every(value => value === undefined))
    throw new UsageError("give a condition: --match, --regex, --exit, --idle or --input")
  const limit = timeout === undefined ? Number.POSITIVE_INFINITY : milliseconds("timeout", timeout as string)
  await using connection = await connect(parsed, env)
  const deadline = Date.now() + limit
  for (;;) {
    const timeout_ms = Math.max(0, Math.min(SLICE_MS, deadline - Date.now()))
    const result = await connection.call("wait", {
      id,
      until,
      from: offsetOf(from as string | undefined),
      timeout_ms,
    })
    if (result.outcome === "timeout" && Date.now() < deadline) continue
    await (json ? put(1, `${JSON.stringify(result)}\n`) : show(result.data))
    return exitCode(id, result, exit === true)
  }
}

function offsetOf(text: string | undefined): number | undefined {
  if (text === undefined || /^-?\d+$/.test(text)) return text === undefined ? undefined : Number(text)
  throw new UsageError(`--from must be an offset, got ${JSON.stringify(text)}`)
}

function exitCode(id: string, { outcome }: { outcome: string }, exit: boolean): number {
  if (outcome === "timeout") return TIMED_OUT
  if (outcome !== "cancelled" && (outcome !== "exit" || exit)) return 0
  say(`ptyline wait: ${id} ended before the condition was met`)
  return 1
}
