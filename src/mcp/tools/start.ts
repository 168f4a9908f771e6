// The tools that start, find and recover sessions and manage their lease.

import { resume } from "../calls/find.ts"
import { attach, detach, handoff, takeover } from "../calls/lease.ts"
import { recover } from "../calls/recover.ts"
import { spawn } from "../calls/spawn.ts"
import { SESSION_PARAMS, type Tool } from "./tool.ts"

export const START: Tool[] = [
  {
    name: "pty_spawn",
    description:
      "Run a bash command in a new terminal; returns its session_id. Default tty_mode raw: no echo, Enter is \\n.",
    parameters:
      "command* owner cwd env cols rows name tag scope tty_mode separate_streams durable max_output_bytes spawn_timeout_sec rate_limit_bps input_rate_bps read_timeout_ms backend tmux_workspace dangerous_confirm_token dangerous_confirmed dangerous_justification",
    destructive: true,
    run: spawn,
  },
  {
    name: "pty_resume",
    description: "Find a session by name.",
    parameters: "name* owner",
    readOnly: true,
    run: resume,
  },
  {
    name: "pty_recover",
    description: "Recover a tmux session after a server restart.",
    parameters: "name* owner*",
    run: recover,
  },
  {
    name: "pty_attach",
    description: "Lease a session to client_id; other clients are rejected.",
    parameters: `${SESSION_PARAMS} client_id*`,
    scope: "read-only",
    onSession: attach,
  },
  {
    name: "pty_detach",
    description: "Release the lease.",
    parameters: `${SESSION_PARAMS} client_id*`,
    scope: "read-only",
    onSession: detach,
  },
  {
    name: "pty_handoff",
    description: "Pass the lease to another client.",
    parameters: `${SESSION_PARAMS} client_id* target_client_id* reason`,
    scope: "read-only",
    onSession: handoff,
  },
  {
    name: "pty_takeover",
    description: "Take the lease from from_client_id.",
    parameters: `${SESSION_PARAMS} client_id* from_client_id* reason`,
    scope: "read-only",
    onSession: takeover,
  },
]
