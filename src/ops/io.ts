// Operations on a session's bytes: write, read, wait, run.

import { z } from "zod"
import { PtylineError } from "../core/errors.ts"
import type { Session } from "../core/session.ts"
import { exitInfo } from "./info.ts"
import { keyText } from "./keys.ts"
import { operation } from "./operation.ts"
import { readNow, readSoon, startOf } from "./read.ts"
import { createRequest } from "./sessions.ts"
import { ExitInfo, From, Gap, SessionInfo, SessionRef, Spawn, Stream } from "./shapes.ts"
import { waitFor } from "./wait.ts"

/** Longest time one request waits, in ms. */
const MAX_WAIT_MS = 30_000
const MAX_READ = 4 << 20

const WriteInput = z.strictObject({
  id: SessionRef,
  text: z.string().optional().describe("typed as it is, in UTF-8"),
  base64: z.base64().optional().describe("bytes, typed as they are"),
  keys: z
    .array(z.string().min(1).max(32))
    .max(1024)
    .optional()
    .describe("keys by name: ctrl-c, up, enter, f5, alt-x"),
  paste: z.string().optional().describe("text as a terminal pastes it"),
  eof: z.boolean().default(false).describe("then end the input: closes a pipe's stdin"),
})
type WriteInput = z.output<typeof WriteInput>

export const write = operation({
  name: "write",
  summary: "Type into a session: text, base64, keys or paste",
  access: "control",
  input: WriteInput,
  output: z.object({ accepted: z.int(), cursor: z.int().describe("the log's end when the input went in") }),
  http: { method: "POST", path: "/v1/sessions/:id/input" },
  cli: { name: "write", words: ["id", "text"], print: () => "" },
  run: ({ sessions }, input) => {
    const session = sessions.get(input.id)
    checkOneInput(input)
    const result = send(session, input)
    if (input.eof) session.eof()
    return result
  },
})

function checkOneInput(input: WriteInput): void {
  const given = (["text", "base64", "keys", "paste"] as const).filter(name => input[name] !== undefined)
  if (given.length === 1 || (given.length === 0 && input.eof)) return
  throw new PtylineError(
    "invalid_input",
    `give exactly one of text, base64, keys, paste; got ${given.join(", ") || "none"}`,
  )
}

function send(session: Session, input: WriteInput): { accepted: number; cursor: number } {
  if (input.paste !== undefined) return session.paste(input.paste)
  if (input.base64 !== undefined) return session.write(Buffer.from(input.base64, "base64"))
  const text = input.text ?? input.keys?.map(keyText).join("") ?? ""
  return session.write(new TextEncoder().encode(text))
}

export const read = operation({
  name: "read",
  summary: "Read output from an offset; consumes nothing",
  access: "view",
  input: z.strictObject({
    id: SessionRef,
    from: From,
    max_bytes: z.int().min(1).max(MAX_READ).default(65536),
    wait_ms: z.int().min(0).max(MAX_WAIT_MS).default(0).describe("wait this long for the first byte"),
    stream: Stream.optional(),
    encoding: z.enum(["utf8", "base64"]).default("utf8"),
    ansi: z.enum(["keep", "strip"]).default("keep").describe("escape sequences, for utf8"),
  }),
  output: z.object({
    from: z.int(),
    next: z.int().describe("where to read on"),
    base: z.int(),
    end: z.int(),
    data: z.string(),
    gap: Gap.nullable().describe("bytes that were asked for and are no longer kept"),
    exit: ExitInfo.nullable().describe("set once everything was read and no more will come"),
    tail_open: z.boolean(),
  }),
  http: { method: "GET", path: "/v1/sessions/:id/output" },
  cli: { name: "read", words: ["id"], print: ({ data }) => data },
  run: ({ sessions, signal }, { id, stream, wait_ms, ...request }) => {
    const session = sessions.get(id)
    return readSoon(session, session.stream(stream), request, wait_ms, signal)
  },
})

export const wait = operation({
  name: "wait",
  summary: "Wait for the exit, for text, or for silence; consumes nothing",
  access: "view",
  input: z.strictObject({
    id: SessionRef,
    until: z
      .strictObject({
        exit: z.boolean().optional().describe("the process ended"),
        match: z
          .array(z.string().min(1).max(4096))
          .max(64)
          .optional()
          .describe("any of these texts was printed"),
        regex: z
          .array(z.string().min(1).max(1024))
          .max(16)
          .optional()
          .describe("any of these RE2 expressions matches"),
        idle_ms: z.int().min(1).max(MAX_WAIT_MS).optional().describe("nothing was printed for this long"),
      })
      .refine(
        until => Object.values(until).some(value => !!value && !(Array.isArray(value) && value.length === 0)),
        "names nothing to wait for",
      ),
    from: From,
    timeout_ms: z.int().min(0).max(MAX_WAIT_MS).default(MAX_WAIT_MS),
  }),
  output: z.object({
    outcome: z.enum(["exit", "match", "idle", "input", "timeout", "cancelled"]),
    matched: z.string().nullable().describe("the text that matched"),
    pattern: z.string().nullable(),
    groups: z.array(z.string().nullable()),
    cursor: z.int().describe("the offset right behind the match, else the log's end"),
    data: z.string().describe("output up to the cursor without escape sequences, its last 64 KiB"),
    exit: ExitInfo.nullable(),
    state: SessionInfo.shape.state,
  }),
  http: { method: "POST", path: "/v1/sessions/:id/wait" },
  cli: {
    name: "wait",
    words: ["id"],
    print: ({ data }) => data,
    exit: ({ outcome }) => (outcome === "timeout" ? 1 : 0),
  },
  run: async ({ sessions, signal }, { id, until, from, timeout_ms }) => {
    const session = sessions.get(id)
    const { outcome, match, cursor, data } = await waitFor(
      session,
      until,
      startOf(session.log, from),
      timeout_ms,
      signal,
    )
    const matched = {
      matched: match?.text ?? null,
      pattern: match?.pattern ?? null,
      groups: match?.groups ?? [],
    }
    return { outcome, ...matched, cursor, data, exit: exitInfo(session.exit), state: session.state }
  },
})

const { backend: _, ...SpawnRest } = Spawn

export const run = operation({
  name: "run",
  summary: "Run a command to its end and give its output: create, wait and read in one",
  access: "admin",
  input: z.strictObject({
    ...SpawnRest,
    backend: Spawn.backend
      .default("pipe")
      .describe("as in create; pipe by default, so that output is the program's own bytes"),
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
    exit: output => shellCode(output),
    note: ({ omitted }) =>
      omitted > 0 ? `${omitted} bytes before this are not shown; see --max-bytes` : null,
  },
  run: async ({ sessions, signal }, { stdin, timeout_ms, max_bytes, encoding, ...spawn }) => {
    const log_limit = spawn.log_limit ?? Math.max(max_bytes, sessions.limits.logBytes)
    const session = sessions.create(createRequest({ ...spawn, log_limit }))
    feed(session, stdin)
    const { outcome } = await waitFor(session, { exit: true }, 0, timeout_ms, signal)
    if (outcome !== "exit") await session.end(1000)
    const tail = Math.max(session.log.base, session.log.end - max_bytes)
    const request = { from: tail, max_bytes, encoding, ansi: "keep" as const }
    const { from, data } = readNow(session, session.log, request)
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
function feed(session: Session, stdin = ""): void {
  try {
    if (stdin) session.write(new TextEncoder().encode(stdin))
    session.eof()
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
