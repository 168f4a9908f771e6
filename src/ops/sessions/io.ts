// Operations on a session's bytes: write, read, wait.

import { z } from "zod"
import { PtylineError } from "../../core/lib/errors.ts"
import type { Written } from "../../core/session/keyboard.ts"
import type { Session } from "../../core/session/session.ts"
import { operation } from "../operation.ts"
import { BYTES, MAX_READ, readSoon, startOf } from "../output/read.ts"
import { Client, ExitInfo, From, Gap, SessionInfo, SessionRef, StreamInput } from "../shapes.ts"
import { exitInfo } from "./info.ts"
import { keyText } from "./key-names.ts"
import { waitFor } from "./wait.ts"

const MAX_WAIT_MS = 30_000

const WriteInput = z.strictObject({
  id: SessionRef,
  text: z.string().optional().describe("text, sent as UTF-8 without changes"),
  base64: z.base64().optional().describe("bytes, sent without changes"),
  keys: z
    .array(z.string().min(1).max(32))
    .max(1024)
    .optional()
    .describe("keys by name: ctrl-c, up, enter, f5, alt-x"),
  paste: z.string().optional().describe("text, sent as a terminal pastes it"),
  eof: z.boolean().default(false).describe("end the input afterwards: closes stdin of a pipe"),
  client: Client.optional(),
})
type WriteInput = z.output<typeof WriteInput>

export const write = operation({
  name: "write",
  session: "id",
  summary: "Send input to a session: text, base64, keys or paste",
  access: "control",
  input: WriteInput,
  output: z.object({ accepted: z.int(), cursor: z.int().describe("end of the log when the input was sent") }),
  http: { method: "POST", path: "/v1/sessions/:id/input" },
  cli: { name: "write", words: ["id", "text"], print: () => "" },
  run: async ({ sessions }, input) => {
    const session = sessions.get(input.id)
    checkInput(input)
    const { accepted, cursor, done } = send(session, input)
    if (input.eof) session.eof(input.client)
    await done
    return { accepted, cursor }
  },
})

function checkInput(input: WriteInput): void {
  const given = (["text", "base64", "keys", "paste"] as const).filter(name => input[name] !== undefined)
  if (given.length === 1 || (given.length === 0 && input.eof)) return
  throw new PtylineError(
    "invalid_input",
    `give exactly one of text, base64, keys, paste; got ${given.join(", ") || "none"}`,
  )
}

function send(session: Session, input: WriteInput): Written {
  if (input.paste !== undefined) return session.paste(input.paste, input.client)
  if (input.base64 !== undefined) return session.write(Buffer.from(input.base64, "base64"), input.client)
  const text = input.text ?? input.keys?.map(keyText).join("") ?? ""
  return session.write(new TextEncoder().encode(text), input.client)
}

export const read = operation({
  name: "read",
  session: "id",
  summary: "Read output from an offset, without consuming it",
  access: "view",
  input: z.strictObject({
    id: SessionRef,
    from: From,
    max_bytes: z.int().min(1).max(MAX_READ).default(65536),
    wait_ms: z.int().min(0).max(MAX_WAIT_MS).default(0).describe("how long to wait for the first byte"),
    stream: StreamInput.optional(),
    encoding: z.enum(["utf8", "base64"]).default("utf8"),
    ansi: z.enum(["keep", "strip"]).default("keep").describe("keep or strip escape sequences, for utf8"),
  }),
  output: z.object({
    from: z.int(),
    next: z.int().describe("offset of the next read"),
    base: z.int(),
    end: z.int(),
    data: z.string(),
    gap: Gap.nullable().describe("requested bytes that are no longer available"),
    exit: ExitInfo.nullable().describe("set when all output has been read and the session has ended"),
    lost: z.boolean().describe("set instead of `exit` when the process vanished and its exit is unknown"),
    tail_open: z.boolean(),
  }),
  http: { method: "GET", path: "/v1/sessions/:id/output" },
  cli: { name: "read", words: ["id"], print: ({ data }) => data, raw: BYTES },
  run: ({ sessions, signal }, { id, stream, wait_ms, ...request }) => {
    const session = sessions.get(id)
    return readSoon(session, session.output.stream(stream), request, wait_ms, signal)
  },
})

export const wait = operation({
  name: "wait",
  session: "id",
  summary:
    "Wait for the exit, for text, for silence, or until the program waits for input; consumes no output",
  access: "view",
  input: z.strictObject({
    id: SessionRef,
    until: z
      .strictObject({
        exit: z.boolean().optional().describe("until the process ends"),
        match: z
          .array(z.string().min(1).max(4096))
          .max(64)
          .optional()
          .describe("until any of these texts is printed"),
        regex: z
          .array(z.string().min(1).max(1024))
          .max(16)
          .optional()
          .describe("until any of these RE2 expressions matches"),
        input: z
          .boolean()
          .optional()
          .describe(
            "until the program waits for input: its foreground process is blocked reading the terminal",
          ),
        idle_ms: z
          .int()
          .min(1)
          .max(MAX_WAIT_MS)
          .optional()
          .describe("until nothing has been printed for this long"),
      })
      .refine(
        until => Object.values(until).some(value => !!value && !(Array.isArray(value) && value.length === 0)),
        "names no condition to wait for",
      ),
    from: From,
    timeout_ms: z.int().min(0).max(MAX_WAIT_MS).default(MAX_WAIT_MS),
  }),
  output: z.object({
    outcome: z.enum(["exit", "match", "idle", "input", "timeout", "cancelled"]),
    matched: z.string().nullable().describe("the text that matched"),
    pattern: z.string().nullable(),
    groups: z.array(z.string().nullable()),
    cursor: z.int().describe("offset after the match, else the end of the log"),
    data: z.string().describe("the last 64 KiB of output before the cursor, without escape sequences"),
    exit: ExitInfo.nullable(),
    state: SessionInfo.shape.state,
  }),
  http: { method: "POST", path: "/v1/sessions/:id/wait" },
  run: async ({ sessions, signal }, { id, until, from, timeout_ms }) => {
    const session = sessions.get(id)
    const { outcome, match, cursor, data } = await waitFor(
      session,
      until,
      startOf(session.output.reach, from),
      timeout_ms,
      signal,
    )
    const matched = {
      matched: match?.text ?? null,
      pattern: match?.pattern ?? null,
      groups: match?.groups ?? [],
    }
    return { outcome, ...matched, cursor, data, exit: exitInfo(session.life.exit), state: session.life.state }
  },
})
