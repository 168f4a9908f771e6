// The tools that read output.

import { readAt, readQuiescent, readStream } from "../calls/read.ts"
import { readUntil, readUntilAny } from "../calls/until.ts"
import type { StreamName } from "../session/session.ts"
import { LEASED_PARAMS, SESSION_PARAMS, type SessionTool, type Tool } from "./tool.ts"

/** A consuming read moves the reader, so it needs the lease. It waits for output. */
const CONSUMES = {
  readOnly: true,
  waits: true,
  scope: "read-only",
  leased: true,
} satisfies Partial<SessionTool>

const streamTool = (name: string, stream: StreamName, description: string): SessionTool => ({
  name,
  description,
  parameters: `${LEASED_PARAMS} max_chars timeout_ms format`,
  ...CONSUMES,
  onSession: readStream(stream),
})

export const READ: Tool[] = [
  streamTool("pty_read", "pty", "New output since the last read; waits up to timeout_ms (300) for it."),
  streamTool("pty_read_stdout", "stdout", "As pty_read; needs separate_streams."),
  streamTool("pty_read_stderr", "stderr", "As pty_read; needs separate_streams."),
  {
    name: "pty_read_at",
    description: "Read from a byte offset; consumes nothing.",
    parameters: `${SESSION_PARAMS} offset max_chars stream`,
    readOnly: true,
    scope: "read-only",
    onSession: readAt,
  },
  {
    name: "pty_read_until",
    description: "Read until pattern (text, or RE2 with regex) appears; up to timeout_ms (10000).",
    parameters: `${LEASED_PARAMS} pattern* regex timeout_ms max_chars`,
    ...CONSUMES,
    onSession: readUntil,
  },
  {
    name: "pty_read_until_any",
    description: "As pty_read_until, for any of patterns.",
    parameters: `${LEASED_PARAMS} patterns* regex timeout_ms max_chars`,
    ...CONSUMES,
    onSession: readUntilAny,
  },
  {
    name: "pty_read_quiescent",
    description: "Read after quiescence_ms (300) without output.",
    parameters: `${LEASED_PARAMS} quiescence_ms timeout_ms max_chars format`,
    ...CONSUMES,
    onSession: readQuiescent,
  },
]
