// The tools that read output.

import { readAt, readQuiescent, readStream } from "../calls/read.ts"
import { readUntil, readUntilAny } from "../calls/until.ts"
import { HELD, ON } from "./arguments.ts"
import type { SessionTool, Tool } from "./tool.ts"

/** It moves the reader's place, so a lease refuses it, and it waits for output. */
const CONSUMES = {
  readOnly: true,
  waits: true,
  scope: "read-only",
  leased: true,
} satisfies Partial<SessionTool>

export const READ: Tool[] = [
  {
    name: "pty_read",
    description: "New output since the last read; waits up to timeout_ms (300) for it.",
    takes: `${HELD} max_chars timeout_ms format`,
    ...CONSUMES,
    onSession: readStream("pty"),
  },
  {
    name: "pty_read_stdout",
    description: "As pty_read; needs separate_streams.",
    takes: `${HELD} max_chars timeout_ms format`,
    ...CONSUMES,
    onSession: readStream("stdout"),
  },
  {
    name: "pty_read_stderr",
    description: "As pty_read; needs separate_streams.",
    takes: `${HELD} max_chars timeout_ms format`,
    ...CONSUMES,
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
    ...CONSUMES,
    onSession: readUntil,
  },
  {
    name: "pty_read_until_any",
    description: "As pty_read_until, for any of several.",
    takes: `${HELD} patterns* regex timeout_ms max_chars`,
    ...CONSUMES,
    onSession: readUntilAny,
  },
  {
    name: "pty_read_quiescent",
    description: "Read once nothing was printed for quiescence_ms (300).",
    takes: `${HELD} quiescence_ms timeout_ms max_chars format`,
    ...CONSUMES,
    onSession: readQuiescent,
  },
]
