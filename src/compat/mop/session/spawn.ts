// The start of a MOP session: a copy of the server's command (contract mop, 2.7 and 3.5).

import { PtylineError } from "../../../core/lib/errors.ts"
import type { Sessions } from "../../../core/registry/sessions.ts"
import type { CreateRequest } from "../../../core/session/create-request.ts"
import type { Session } from "../../../core/session/session.ts"
import { MopError } from "../responses.ts"
import { MAX_RETAINED } from "./element-log.ts"

/** The retained output, plus room for output that is not yet cut into elements. */
const LOG_LIMIT = MAX_RETAINED + (256 << 10)

const CHILD_ENV = {
  PYTHONUNBUFFERED: "1",
  PYTHONIOENCODING: "utf-8",
  TERM: "xterm",
  LANG: "C.UTF-8",
  LC_ALL: "C.UTF-8",
  LANGUAGE: "C.UTF-8",
}

/** Starts the command in a terminal of 80 x 24, or with pipes. Throws `MopError`. */
export async function spawnCopy(
  sessions: Sessions,
  argv: string[],
  { echo, usePipe }: { echo: boolean; usePipe: boolean },
): Promise<Session> {
  const session = await start(sessions, {
    argv,
    env: CHILD_ENV,
    size: { cols: 80, rows: 24 },
    backend: usePipe ? "pipe" : "auto",
    separateStreams: usePipe,
    echo,
    tags: ["mop"],
    logLimit: LOG_LIMIT,
    endsWithServer: true,
    // a key belongs to one process
    restart: "never",
  })
  if (session.tty || usePipe) return session
  void session.end(0).then(() => sessions.remove(session))
  throw new MopError(400, "Current terminal backend does not support pty. Call with use_pipe instead")
}

async function start(sessions: Sessions, request: CreateRequest): Promise<Session> {
  try {
    return await sessions.start(request)
  } catch (error) {
    if (!(error instanceof PtylineError)) throw error
    if (error.code === "limit_reached") throw new MopError(503, "Too many sessions")
    throw new MopError(500, `Failed to start process: ${error.message}`)
  }
}
