// Every tool: its name, what a model reads of it, and what it does (contract pty-mcp, 2.3 and 2.4).

import { getDefaultCwd, getLimits, health, metrics, setDefaultCwd, setLimits } from "./admin.ts"
import { confirm } from "./danger.ts"
import { attach, detach, handoff, takeover } from "./lease.ts"
import { close, closeAll, wait } from "./life.ts"
import { list, resume } from "./names.ts"
import { readAt, readQuiescent, readStream } from "./read.ts"
import { recover } from "./recover.ts"
import type { Settings } from "./settings.ts"
import { spawn } from "./spawn.ts"
import { status } from "./status.ts"
import { json, type Tool } from "./tool.ts"
import { prompt, readUntil, readUntilAny } from "./until.ts"
import { resize, signal, write } from "./write.ts"

const ON = "session_id* owner"
const HELD = `${ON} client_id`

const CORE: Tool[] = [
  {
    name: "pty_spawn",
    description:
      "Run a bash command in a new terminal; returns its session_id. Default tty_mode raw: no echo, Enter is \\n.",
    takes:
      "command* owner cwd env cols rows name tag scope tty_mode separate_streams durable max_output_bytes spawn_timeout_sec rate_limit_bps input_rate_bps read_timeout_ms backend tmux_workspace dangerous_confirm_token dangerous_confirmed dangerous_justification",
    destructive: true,
    run: spawn,
  },
  {
    name: "pty_resume",
    description: "Find a session by name.",
    takes: "name* owner",
    readOnly: true,
    run: resume,
  },
  {
    name: "pty_recover",
    description: "Take up a tmux session after a restart.",
    takes: "name* owner*",
    run: recover,
  },
  {
    name: "pty_attach",
    description: "Lease a session to client_id; others are refused.",
    takes: `${ON} client_id*`,
    scope: "read-only",
    onSession: attach,
  },
  {
    name: "pty_detach",
    description: "Give the lease up.",
    takes: `${ON} client_id*`,
    scope: "read-only",
    onSession: detach,
  },
  {
    name: "pty_handoff",
    description: "Give the lease to another client.",
    takes: `${ON} client_id* target_client_id* reason`,
    scope: "read-only",
    onSession: handoff,
  },
  {
    name: "pty_takeover",
    description: "Take the lease from its holder.",
    takes: `${ON} client_id* from_client_id* reason`,
    scope: "read-only",
    onSession: takeover,
  },
  {
    name: "pty_read",
    description: "New output since the last read; waits up to timeout_ms (300) for it.",
    takes: `${HELD} max_chars timeout_ms format`,
    readOnly: true,
    waits: true,
    scope: "read-only",
    leased: true,
    onSession: readStream("pty"),
  },
  {
    name: "pty_read_stdout",
    description: "As pty_read; needs separate_streams.",
    takes: `${HELD} max_chars timeout_ms format`,
    readOnly: true,
    waits: true,
    scope: "read-only",
    leased: true,
    onSession: readStream("stdout"),
  },
  {
    name: "pty_read_stderr",
    description: "As pty_read; needs separate_streams.",
    takes: `${HELD} max_chars timeout_ms format`,
    readOnly: true,
    waits: true,
    scope: "read-only",
    leased: true,
    onSession: readStream("stderr"),
  },
  {
    name: "pty_read_at",
    description: "Read again from a byte offset; consumes nothing.",
    takes: `${ON} offset max_chars stream`,
    readOnly: true,
    scope: "read-only",
    onSession: readAt,
  },
  {
    name: "pty_read_until",
    description: "Read until pattern (text, or RE2 with regex) is printed; up to timeout_ms (10000).",
    takes: `${HELD} pattern* regex timeout_ms max_chars`,
    readOnly: true,
    waits: true,
    scope: "read-only",
    leased: true,
    onSession: readUntil,
  },
  {
    name: "pty_read_until_any",
    description: "As pty_read_until, for any of several.",
    takes: `${HELD} patterns* regex timeout_ms max_chars`,
    readOnly: true,
    waits: true,
    scope: "read-only",
    leased: true,
    onSession: readUntilAny,
  },
  {
    name: "pty_read_quiescent",
    description: "Read once nothing was printed for quiescence_ms (300).",
    takes: `${HELD} quiescence_ms timeout_ms max_chars format`,
    readOnly: true,
    waits: true,
    scope: "read-only",
    leased: true,
    onSession: readQuiescent,
  },
  {
    name: "pty_prompt",
    description: "Write data, then read until one of patterns is printed after it.",
    takes: `${HELD} data* patterns* regex timeout_ms max_chars`,
    destructive: true,
    waits: true,
    scope: "read-write",
    leased: true,
    onSession: prompt,
  },
  {
    name: "confirm_dangerous_command",
    description: "Get a one-time token to spawn a command that was refused as dangerous.",
    takes: "command* justification owner scope",
    waits: true,
    run: confirm,
  },
  {
    name: "pty_write",
    description: "Type data as it is; end a line with \\n.",
    takes: `${HELD} data*`,
    destructive: true,
    scope: "read-write",
    leased: true,
    onSession: write,
  },
  {
    name: "pty_resize",
    description: "Change the terminal's size.",
    takes: `${HELD} cols* rows*`,
    scope: "read-write",
    leased: true,
    onSession: resize,
  },
  {
    name: "pty_close",
    description: "End the process and forget the session.",
    takes: HELD,
    destructive: true,
    scope: "read-only",
    leased: true,
    onSession: close,
  },
  {
    name: "pty_status",
    description: "Everything about a session.",
    takes: ON,
    readOnly: true,
    scope: "read-only",
    onSession: ({ session }) => json(status(session)),
  },
  {
    name: "pty_wait",
    description: "Wait for the exit, up to timeout_ms (10000).",
    takes: `${ON} timeout_ms`,
    readOnly: true,
    waits: true,
    scope: "read-only",
    onSession: wait,
  },
  { name: "pty_list", description: "The owner's sessions.", takes: "owner tag", readOnly: true, run: list },
]

const CONTROL: Tool[] = [
  {
    name: "pty_signal",
    description: "Send a signal to the process group.",
    takes: `${HELD} sig*`,
    group: "control",
    destructive: true,
    scope: "control",
    leased: true,
    onSession: signal,
  },
]

const LIMITS =
  "max_output_bytes spawn_timeout_sec idle_timeout_sec read_timeout_ms rate_limit_bps input_rate_bps"
const admin = (tool: Omit<Extract<Tool, { run: unknown }>, "group">): Tool => ({ ...tool, group: "admin" })

const ADMIN: Tool[] = [
  admin({
    name: "pty_close_all",
    description: "End and forget every session of this server.",
    takes: "",
    destructive: true,
    run: closeAll,
  }),
  admin({
    name: "set_default_cwd",
    description: "Where sessions start by default; null resets.",
    takes: "cwd",
    run: setDefaultCwd,
  }),
  admin({
    name: "get_default_cwd",
    description: "Where sessions start by default.",
    takes: "",
    readOnly: true,
    run: getDefaultCwd,
  }),
  admin({
    name: "set_limits",
    description: "Change defaults and live sessions.",
    takes: LIMITS,
    run: setLimits,
  }),
  admin({
    name: "get_limits",
    description: "The limits that set_limits changes.",
    takes: "",
    readOnly: true,
    run: getLimits,
  }),
  admin({ name: "pty_metrics", description: "Totals.", takes: "", readOnly: true, run: metrics }),
  admin({ name: "pty_health", description: "Is the server well?", takes: "", readOnly: true, run: health }),
]

const BY_NAME = new Map([...CORE, ...CONTROL, ...ADMIN].map(tool => [tool.name, tool]))

export const toolNamed = (name: string): Tool | undefined => BY_NAME.get(name)

export const enabled = (tool: Tool, settings: Settings): boolean =>
  tool.group === undefined || (tool.group === "control" ? settings.controlTools : settings.adminTools)

/** The tools that these settings show. */
export const shownTools = (settings: Settings): Tool[] =>
  [...BY_NAME.values()].filter(tool => enabled(tool, settings))
