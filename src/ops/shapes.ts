// The shapes that operations share (contract native), as zod schemas with the text that OpenAPI and --help show.

import { z } from "zod"
import { LOG_LIMIT } from "../core/lib/limits.ts"
import { GAP_REASONS } from "../core/log/gap.ts"
import { SIGNALS } from "../core/session/backend.ts"
import { RESTARTS } from "../core/session/options.ts"
import { SIZE_POLICIES } from "../core/session/sizing.ts"

const PRINTABLE = /^\P{Cc}+$/u

export const SessionRef = z.string().min(1).max(256).describe("the session's id or name")
export const Cols = z.int().min(1).max(1000).describe("columns")
export const Rows = z.int().min(1).max(1000).describe("rows")
export const Name = z.string().min(1).max(128).describe("a name that can stand wherever the id can")
export const Tags = z
  .array(z.string().min(1).max(64).regex(PRINTABLE, "no control characters"))
  .max(32)
  .describe("labels to find it by")
export const Argv = z
  .array(z.string())
  .min(1)
  .max(4096)
  .describe("program and arguments, run without a shell")
export const CommandLine = z.string().min(1).max(131072).describe("a command line for the user's shell")
export const GraceMs = z.int().min(0).max(60_000).describe("time between TERM and KILL, in ms")
export const From = z
  .int()
  .optional()
  .describe("offset; omitted = oldest kept, -1 = the end, -N = the last N bytes")
export const StreamInput = z.enum(["pty", "stdout", "stderr"])
export const Label = z.string().min(1).max(128).regex(PRINTABLE, "no control characters")
export const Client = Label.describe("what the caller calls itself; needed while it holds the lease")
/** With or without SIG, in any case. */
export const SignalName = z
  .string()
  .transform(name => name.toUpperCase().replace(/^SIG/, ""))
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
    .describe("working directory; by default that of the command line, elsewhere the server's"),
  env: z.record(z.string(), z.string()).optional().describe("variables on top of the server's environment"),
  cols: Cols.default(120),
  rows: Rows.default(30),
  backend: z.string().max(32).default("auto").describe("auto, terminal, bun-pty, pipe, mixed, tmux or echo"),
  separate_streams: z.boolean().default(false).describe("keep stdout and stderr apart (pipes)"),
  echo: z.boolean().default(true).describe("does the terminal echo input at first"),
  record_input: z
    .boolean()
    .default(false)
    .describe("keep input too, for recordings; never what is typed while the terminal's echo is off"),
  name: Name.optional(),
  tags: Tags.optional(),
  owner: z
    .string()
    .min(1)
    .max(128)
    .regex(PRINTABLE, "no control characters")
    .optional()
    .describe("whose session it is, a label"),
  workspace: z
    .string()
    .min(1)
    .max(128)
    .regex(PRINTABLE, "no control characters")
    .optional()
    .describe("a group: its owner's sessions in it that are held are held by one client"),
  durable: z
    .boolean()
    .optional()
    .describe("outlive the server, in a process of its own; by default where that can be had, but for echo"),
  approval: z
    .string()
    .max(64)
    .optional()
    .describe("for a dangerous command: the approval that a person gave"),
  reason: z.string().max(500).optional().describe("why, for the person who must approve it"),
  restart: z
    .enum(RESTARTS)
    .optional()
    .describe(
      "when its process is lost: never again, manual (the default; see relaunch), or always by itself",
    ),
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
    client: z.string().describe("who has the lease since then, or gave it up"),
    from: z.string().nullable().describe("who had it before"),
    reason: Reason,
    at: Time,
  })
  .describe("what last happened to a lease")
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
  size_policy: z.enum(SIZE_POLICIES).describe("whose window says the size"),
  title: z.string(),
  owner: z.string().nullable(),
  tags: z.array(z.string()),
  created_at: Time,
  last_active_at: Time,
  log: z
    .object({ base: z.int(), end: z.int(), limit: z.int() })
    .describe("what can be read: bytes base to end"),
  exit: ExitInfo.nullable(),
  tail_open: z.boolean().describe("the process ended and something else holds its output open"),
  durable: z.boolean().describe("outlives the server"),
  record_input: z.boolean().describe("is input kept for recordings, as far as it is echoed"),
  lost: z
    .boolean()
    .describe("its process vanished, at a reboot or with its holder: it has ended and `exit` is null"),
  restart: z.enum(RESTARTS),
  relaunches: z.int().describe("processes it had beyond the first"),
  viewers: z.int(),
  workspace: z.string().nullable(),
  lease: LeaseInfo.nullable().describe("who alone may type; null when everybody may"),
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

/** What failed, as every HTTP surface of ptyline answers it. */
export const ErrorBody = z.object({
  error: z.object({ code: z.string(), message: z.string(), details: z.record(z.string(), z.unknown()) }),
})
export type ErrorBody = z.infer<typeof ErrorBody>
