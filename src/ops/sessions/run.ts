// The operation run: create, wait and read in one request.

import { z } from "zod"
import type { Session } from "../../core/session/session.ts"
import { operation } from "../operation.ts"
import { MAX_READ, readNow } from "../output/read.ts"
import { ExitInfo, Spawn } from "../shapes.ts"
import { exitInfo } from "./info.ts"
import { createRequest } from "./sessions.ts"
import { waitFor } from "./wait.ts"

const { backend: _, durable: __, restart: ___, ...SpawnRest } = Spawn

export const run = operation({
  name: "run",
  summary: "Run a command to its end and return its output: create, wait and read in one request",
  access: "admin",
  input: z.strictObject({
    ...SpawnRest,
    backend: Spawn.backend
      .default("pipe")
      .describe("as in create; default: pipe, so that the output is not changed by a terminal"),
    durable: z.boolean().default(false).describe("survive the server, in a separate process"),
    stdin: z
      .string()
      .max(1 << 20)
      .optional()
      .describe("the whole input; default: none"),
    timeout_ms: z.int().min(1).max(86_400_000).default(60_000).describe("end the command after this long"),
    max_bytes: z
      .int()
      .min(1)
      .max(MAX_READ)
      .default(1 << 20)
      .describe("return at most this much, from the end of the output"),
    encoding: z.enum(["utf8", "base64"]).default("utf8"),
  }),
  output: z.object({
    exit: ExitInfo.nullable(),
    data: z.string(),
    omitted: z.int().describe("bytes of output before `data` that were left out"),
    session_id: z.string(),
    timed_out: z.boolean(),
  }),
  http: { method: "POST", path: "/v1/run" },
  run: async ({ sessions, principal, signal }, { stdin, timeout_ms, max_bytes, encoding, ...spawn }) => {
    const log_limit = spawn.log_limit ?? Math.max(max_bytes, sessions.limits.logBytes)
    const session = await sessions.start(createRequest({ ...spawn, log_limit }, principal))
    await writeAll(session, stdin)
    const { outcome } = await waitFor(session, { exit: true }, 0, timeout_ms, signal)
    if (outcome !== "exit") await session.end(1000)
    const tail = Math.max(session.log.base, session.log.end - max_bytes)
    const request = { from: tail, max_bytes, encoding, ansi: "keep" as const }
    const { from, data } = readNow(session.log, request, session.life.closed)
    return {
      exit: exitInfo(session.life.exit),
      data,
      omitted: from,
      session_id: session.id,
      timed_out: outcome === "timeout",
    }
  },
})

/** Writes the whole input, then ends it. Ends the session on failure: the caller never learns its id. */
async function writeAll(session: Session, stdin = ""): Promise<void> {
  if (session.life.state !== "running") return
  try {
    const written = stdin ? session.write(new TextEncoder().encode(stdin)).done : null
    session.eof()
    await written
  } catch (error) {
    void session.end(0)
    throw error
  }
}
