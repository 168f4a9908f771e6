// pty_recover: a tmux session whose server was restarted (contract pty-mcp, 3.9).

import { PtylineError } from "../core/errors.ts"
import type { Session } from "../core/session.ts"
import { bookOf } from "./book.ts"
import type { Desk } from "./desk.ts"
import { ToolError } from "./failure.ts"
import { liveNamed } from "./names.ts"
import { status } from "./status.ts"
import { type Answer, type Call, json } from "./tool.ts"

export async function recover({ desk, args, owner }: Call): Promise<Answer> {
  const name = args.required("name")
  if (!owner?.trim()) throw new ToolError("owner is required for pty_recover")
  if (liveNamed(desk, name, owner).length > 0) throw new ToolError("session is already live", name)
  const known = new Set(desk.sessions.list())
  const session = await found(desk, name, owner)
  // all of a workspace come back together
  for (const one of desk.sessions.list()) if (!known.has(one)) begin(desk, one)
  const book = bookOf(session)
  book.facts = { ...book.facts, name }
  return json(status(session))
}

/** Where another owner has the name, the core calls the session by both. */
async function found(desk: Desk, name: string, owner: string): Promise<Session> {
  for (const called of [name, `${name} (${owner})`])
    try {
      return await desk.sessions.recover(called, owner)
    } catch (error) {
      if (!(error instanceof PtylineError)) throw error
      if (error.code !== "not_found") throw new ToolError(error.message)
    }
  throw new ToolError("no recoverable session", name)
}

/** pty_spawn gives a shell the command; the command is what it is known by. */
function commandOf({ spec: { argv } }: Session): { command: string } | null {
  return argv.length === 3 && argv[0] === "bash" ? { command: argv[2]! } : null
}

function begin(desk: Desk, session: Session): void {
  const book = bookOf(session)
  book.begin()
  book.facts = { ...book.facts, ...commandOf(session), recoveredAt: Date.now() / 1000 }
  desk.adopt(session)
  desk.journal?.begin(session)
  desk.journal?.event(session, "recover", { name: session.name, owner: session.owner })
}
