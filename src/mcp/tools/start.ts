// The tools that start and find sessions, and that say who may use them.

import { attach, detach, handoff, takeover } from "../calls/lease.ts"
import { recover } from "../calls/recover.ts"
import { spawn } from "../calls/spawn.ts"
import { resume } from "../session/names.ts"
import { ON } from "./arguments.ts"
import type { Tool } from "./tool.ts"

export const START: Tool[] = [
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
]
