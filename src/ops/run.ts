// The operation run: a whole command in one request.

import { z } from "zod"
import type { Session } from "../core/session.ts"
import { exitInfo } from "./info.ts"
import { operation } from "./operation.ts"
import { BYTES, MAX_READ, readNow } from "./read.ts"
import { createRequest } from "./sessions.ts"
import { ExitInfo, Spawn } from "./shapes.ts"
import { waitFor } from "./wait.ts"

const { backend: _, durable: __, restart: ___, ...SpawnRest } = Spawn

export const run = operation({
  name: "run",
  summary: "Run a command to its end and give its output: create, wait and read in one",
  access: "admin",
  input: z.strictObject({
    ...SpawnRest,
    backend: Spawn.backend
      .default("pipe")
      .describe("as in create; pipe by default, so that output is the program's own bytes"),
    durable: z.boolean().default(false).describe("outlive the server, in a process of its own"),
    stdin: z
      .string()
      .max(1 << 20)
      .optional()
      .describe("its whole input; none by default"),
    timeout_ms: z.int().min(1).max(86_400_000).default(60_000).describe("end it after this long"),
    max_bytes: z
      .int()
      .min(1)
      .max(MAX_READ)
      .default(1 << 20)
      .describe("give at most this much, the end of the output"),
    encoding: z.enum(["utf8", "base64"]).default("utf8"),
  }),
  output: z.object({
    exit: ExitInfo.nullable(),
    data: z.string(),
    omitted: z.int().describe("bytes of output before `data` that are not given"),
    session_id: z.string(),
    timed_out: z.boolean(),
  }),
  http: { method: "POST", path: "/v1/run" },
  cli: {
    name: "run",
    rest: "argv",
    print: ({ data }) => data,
    raw: BYTES,
    exit: output => shellCode(output),
    note: ({ omitted }) =>
      omitted > 0 ? `${omitted} bytes before this are not shown; see --max-bytes` : null,
  },
  run: async ({ sessions, principal, signal }, { stdin, timeout_ms, max_bytes, encoding, ...spawn }) => {
    const log_limit = spawn.log_limit ?? Math.max(max_bytes, sessions.limits.logBytes)
    const session = await sessions.start(createRequest({ ...spawn, log_limit }, principal))
    await feed(session, stdin)
    const { outcome } = await waitFor(session, { exit: true }, 0, timeout_ms, signal)
    if (outcome !== "exit") await session.end(1000)
    const tail = Math.max(session.log.base, session.log.end - max_bytes)
    const request = { from: tail, max_bytes, encoding, ansi: "keep" as const }
    const { from, data } = readNow(session.log, request, session.closed)
    return {
      exit: exitInfo(session.exit),
      data,
      omitted: from,
      session_id: session.id,
      timed_out: outcome === "timeout",
    }
  },
})

/** Gives a command all of its input. One that its terminal would not take ends the session: nobody would know of it. */
async function feed(session: Session, stdin = ""): Promise<void> {
  if (session.state !== "running") return
  try {
    const taken = stdin ? session.write(new TextEncoder().encode(stdin)).done : null
    session.eof()
    await taken
  } catch (error) {
    void session.end(0)
    throw error
  }
}

/** The code a shell would give: 128 and the signal's number for a death by signal, 124 for the time limit. */
function shellCode({ exit, timed_out }: { exit: ExitInfo | null; timed_out: boolean }): number {
  if (timed_out) return 124
  if (exit?.signal) return 128 + (SIGNAL_NUMBERS[exit.signal] ?? 0)
  return exit?.code ?? 1
}

const SIGNAL_NUMBERS: Record<string, number> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
}
