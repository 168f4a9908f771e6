// What goes to a session: bytes, a size, a signal.

import { constants } from "node:os"
import { PtylineError } from "../../core/lib/errors.ts"
import { plainSignal } from "../../core/lib/units.ts"
import { delay } from "../../core/lib/wake.ts"
import { exitCode } from "../session/status.ts"
import { ToolError } from "../tools/failure.ts"
import { json, OK, type SessionCall, type ToolResult } from "../tools/tool.ts"
import { checkedSize } from "./spawn.ts"

/** How long a refusal by the terminal may take to come, in ms: it is a process of its own for a durable session. */
const REFUSAL_MS = 50
const SIGNALS = ["INT", "TERM", "KILL", "HUP", "QUIT"] as const

export async function write(call: SessionCall): Promise<ToolResult> {
  await send(call, call.args.data("data"))
  return OK
}

/** Types text. Whether the program reads it is not waited for. Throws `process has exited`, `input rate limit exceeded`. */
export async function send({ session, desk, clientId }: SessionCall, data: string): Promise<void> {
  const bytes = new TextEncoder().encode(data)
  const { done } = session.write(bytes, session.lease.owner ? clientId : undefined)
  desk.journal?.event(session, "write", { bytes: bytes.byteLength })
  await Promise.race([done, delay(REFUSAL_MS)])
}

export function resize({ session, args, clientId }: SessionCall): ToolResult {
  const size = checkedSize({ cols: args.integer("cols") ?? 0, rows: args.integer("rows") ?? 0 })
  session.resize(size, clientId)
  return OK
}

export function signal({ session, args, clientId }: SessionCall): ToolResult {
  const asked = plainSignal(args.required("sig"))
  const name = SIGNALS.find(known => known === asked)
  if (!name || !(`SIG${name}` in constants.signals)) throw new ToolError(`unsupported signal: SIG${asked}`)
  if (session.recoverable) throw new ToolError("pty_signal is not supported for tmux sessions")
  if (session.life.exit) return gone(exitCode(session))
  try {
    session.signal(name, clientId)
  } catch (error) {
    if (!(error instanceof PtylineError) || error.code !== "not_running") throw error
    return gone(exitCode(session))
  }
  return json({ ok: true })
}

const gone = (code: number | null): ToolResult => json({ ok: true, note: "already exited", exit_code: code })
