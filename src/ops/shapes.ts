// Schemas that operations share (contract native). OpenAPI and --help show their descriptions.

import { z } from "zod"
import { LOG_LIMIT } from "../core/lib/limits.ts"
import { MAX_SIDE, plainSignal, SIGNALS } from "../core/lib/units.ts"
import { GAP_REASONS } from "../core/log/gap.ts"
import { RESTARTS } from "../core/session/options.ts"
import { SIZE_POLICIES } from "../core/session/sizing.ts"

const PRINTABLE = /^\P{Cc}+$/u

export const SessionRef = z.string().min(1).max(256).describe("the session's id or name")
export const Cols = z.int().min(1).max(MAX_SIDE).describe("columns")
export const Rows = z.int().min(1).max(MAX_SIDE).describe("rows")
export const Name = z.string().min(1).max(128).describe("a name, usable in place of the id")
export const Tags = z
  .array(z.string().min(1).max(64).regex(PRINTABLE, "no control characters"))
  .max(32)
  .describe("labels to filter sessions by")
const Argv = z.array(z.string()).min(1).max(4096).describe("program and arguments, run without a shell")
const CommandLine = z.string().min(1).max(131072).describe("a command line for the user's shell")
export const GraceMs = z.int().min(0).max(60_000).describe("time between TERM and KILL, in ms")
export const From = z
  .int()
  .optional()
  .describe("offset; omitted = oldest available, -1 = the end, -N = the last N bytes")
export const StreamInput = z.enum(["pty", "stdout", "stderr"])
export const Label = z.string().min(1).max(128).regex(PRINTABLE, "no control characters")
export const Client = Label.describe("the caller's client name; required while that client owns the lease")
/** Accepts upper and lower case, with or without SIG. */
export const SignalName = z
  .string()
  .transform(plainSignal)
  .pipe(z.enum(SIGNALS))
  .describe(`one of ${SIGNALS.join(" ")}, with or without SIG`)

export const Spawn = {
  argv: Argv.optional(),
  command: CommandLine.optional(),
  cwd: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .describe("working directory; default: the command line's, over HTTP the server's"),
  env: z.record(z.string(), z.string()).optional().describe("variables added to the server's environment"),
  cols: Cols.default(120),
  rows: Rows.default(30),
  backend: z.string().max(32).default("auto").describe("auto, terminal, bun-pty, pipe, mixed, tmux or echo"),
  separate_streams: z.boolean().default(false).describe("keep stdout and stderr separate (pipes)"),
  echo: z.boolean().default(true).describe("whether the terminal echoes input at the start"),
  record_input: z
    .boolean()
    .default(false)
    .describe("also keep input for recordings, except what is typed while the terminal's echo is off"),
  name: Name.optional(),
  tags: Tags.optional(),
  owner: Label.optional().describe("label: the owner of the session"),
  workspace: Label.optional().describe(
    "group name: leased sessions of one owner in one workspace have the same lease owner",
  ),
  durable: z
    .boolean()
    .optional()
    .describe("survive the server, in a separate process; default: yes where supported, except for echo"),
  approval: z.string().max(64).optional().describe("for a dangerous command: the id of its approval"),
  reason: z
    .string()
    .max(500)
    .optional()
    .describe("the reason, shown to the person who must approve the command"),
  restart: z
    .enum(RESTARTS)
    .optional()
    .describe("after its process is lost: never, manual (the default; see relaunch), or always"),
  log_limit: z.int().min(LOG_LIMIT.min).max(LOG_LIMIT.max).optional().describe("bytes of output to keep"),
}

const Time = z.iso.datetime()

export const ExitInfo = z.object({
  code: z.int().nullable(),
  signal: z.string().nullable(),
  at: Time,
})
export type ExitInfo = z.infer<typeof ExitInfo>

const Reason = z.string().nullable()

export const LeaseInfo = z.object({ client: z.string(), since: Time, reason: Reason })
export type LeaseInfo = z.infer<typeof LeaseInfo>

export const LeaseChangeInfo = z
  .object({
    event: z.enum(["attach", "detach", "handoff", "takeover"]),
    client: z.string().describe("the new owner of the lease, or the client that released it"),
    from: z.string().nullable().describe("the previous owner"),
    reason: Reason,
    at: Time,
  })
  .describe("the last change of a lease")
export type LeaseChangeInfo = z.infer<typeof LeaseChangeInfo>

export const SessionInfo = z.object({
  id: z.string(),
  name: z.string().nullable(),
  state: z.enum(["running", "exited", "finished", "removed"]),
  argv: z.array(z.string()),
  cwd: z.string(),
  pid: z.int(),
  backend: z.string(),
  size: z.object({ cols: z.int(), rows: z.int() }),
  size_policy: z.enum(SIZE_POLICIES).describe("whose window sets the size"),
  title: z.string(),
  owner: z.string().nullable(),
  tags: z.array(z.string()),
  created_at: Time,
  last_active_at: Time,
  log: z
    .object({ base: z.int(), end: z.int(), limit: z.int() })
    .describe("available output: bytes base to end"),
  exit: ExitInfo.nullable(),
  tail_open: z.boolean().describe("the process ended and another process keeps its output open"),
  durable: z.boolean().describe("survives the server"),
  record_input: z.boolean().describe("whether echoed input is kept for recordings"),
  lost: z
    .boolean()
    .describe("its process vanished, in a reboot or with its holder: it has ended and `exit` is null"),
  restart: z.enum(RESTARTS),
  relaunches: z.int().describe("how many times it was relaunched"),
  viewers: z.int(),
  workspace: z.string().nullable(),
  lease: LeaseInfo.nullable().describe("the only client that may type; null when all may"),
  last_lease: LeaseChangeInfo.nullable(),
  warnings: z.array(z.string()),
})
export type SessionInfo = z.infer<typeof SessionInfo>

export const Gap = z.object({
  from: z.int(),
  to: z.int(),
  reason: z
    .enum(GAP_REASONS)
    .describe(
      "trimmed: dropped by the limits on memory and disk; disk: the disk did not take them; damage: on disk, and cannot be read; slow_viewer: dropped while the viewer was attached",
    ),
})

/** The error body of every HTTP surface. */
export const ErrorBody = z.object({
  error: z.object({ code: z.string(), message: z.string(), details: z.record(z.string(), z.unknown()) }),
})
export type ErrorBody = z.infer<typeof ErrorBody>
