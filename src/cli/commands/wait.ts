// `ptyline wait`: the operation wait for as long as it takes, with an exit code that says whether it was worth it.

import { connect } from "../connect/connection.ts"
import type { Variables } from "../connect/target.ts"
import { milliseconds } from "../lib/duration.ts"
import { parseFlags, UsageError } from "../lib/flags.ts"
import { put, say, show } from "../lib/print.ts"
import { TIMED_OUT } from "../run/status.ts"
import { oneId } from "./session-words.ts"
import { WAIT } from "./verbs.ts"

/** Longest wait of one request, in ms. */
const SLICE_MS = 30_000

export async function wait(args: string[], env: Variables): Promise<number> {
  const parsed = parseFlags(args, WAIT.flags)
  const id = oneId("wait", parsed)
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
    throw new UsageError("say what to wait for: --match, --regex, --exit, --idle or --input")
  const limit = timeout === undefined ? Number.POSITIVE_INFINITY : milliseconds("timeout", timeout as string)
  await using connection = await connect(parsed, env)
  const deadline = Date.now() + limit
  for (;;) {
    const timeout_ms = Math.max(0, Math.min(SLICE_MS, deadline - Date.now()))
    const answer = await connection.call("wait", {
      id,
      until,
      from: offsetOf(from as string | undefined),
      timeout_ms,
    })
    if (answer.outcome === "timeout" && Date.now() < deadline) continue
    await (json ? put(1, `${JSON.stringify(answer)}\n`) : show(answer.data))
    return conclusion(id, answer, exit === true)
  }
}

function offsetOf(text: string | undefined): number | undefined {
  if (text === undefined || /^-?\d+$/.test(text)) return text === undefined ? undefined : Number(text)
  throw new UsageError(`--from must be an offset, got ${JSON.stringify(text)}`)
}

function conclusion(id: string, { outcome }: { outcome: string }, exit: boolean): number {
  if (outcome === "timeout") return TIMED_OUT
  if (outcome !== "cancelled" && (outcome !== "exit" || exit)) return 0
  say(`ptyline wait: ${id} ended before that`)
  return 1
}
