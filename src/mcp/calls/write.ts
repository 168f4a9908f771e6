// pty_write, pty_resize and pty_signal.

import { constants } from "node:os"
import { hasCode } from "../../core/lib/errors.ts"
import { plainSignal } from "../../core/lib/units.ts"
import { delay } from "../../core/lib/wake.ts"
import { exitCode } from "../session/status.ts"
import { ToolError } from "../tools/failure.ts"
import { json, OK, type SessionCall, type ToolResult } from "../tools/tool.ts"
import { checkedSize } from "./spawn.ts"

/** How long a write waits for a rejection, in ms. Durable sessions reject in another process. */
const REJECTION_MS = 50
const SIGNALS = ["INT", "TERM", "KILL", "HUP", "QUIT"] as const

export async function write(call: SessionCall): Promise<ToolResult> {
  await send(call, call.args.data("data"))
  return OK
}

/** Types text. Throws `process has exited` and `input rate limit exceeded`. */
export async function send({ session, client, clientId }: SessionCall, data: string): Promise<void> {
  const bytes = new TextEncoder().encode(data)
  const { done } = session.write(bytes, session.lease.owner ? clientId : undefined)
  client.journal?.event(session, "write", { bytes: bytes.byteLength })
  await Promise.race([done, delay(REJECTION_MS)])
}

export function resize({ session, args, clientId }: SessionCall): ToolResult {
  const size = checkedSize({ cols: args.integer("cols") ?? 0, rows: args.integer("rows") ?? 0 })
  session.resize(size, clientId)
  return OK
}

export function signal({ session, args, clientId }: SessionCall): ToolResult {
  const requested = plainSignal(args.required("sig"))
  const name = SIGNALS.find(known => known === requested)
  if (!name || !(`SIG${name}` in constants.signals))
    throw new ToolError(`unsupported signal: SIG${requested}`)
  if (session.recoverable) throw new ToolError("pty_signal is not supported for tmux sessions")
  if (session.life.exit) return alreadyExited(exitCode(session))
  try {
    session.signal(name, clientId)
  } catch (error) {
    if (!hasCode(error, "not_running")) throw error
    return alreadyExited(exitCode(session))
  }
  return json({ ok: true })
}

const alreadyExited = (code: number | null): ToolResult =>
  json({ ok: true, note: "already exited", exit_code: code })
