// The tools that type into a session, change it, look after it and end it.

import { confirm } from "../calls/confirm.ts"
import { prompt } from "../calls/until.ts"
import { resize, signal, write } from "../calls/write.ts"
import { close, wait } from "../session/life.ts"
import { list } from "../session/names.ts"
import { status } from "../session/status.ts"
import { HELD, ON } from "./arguments.ts"
import { json, type Tool } from "./tool.ts"

export const DRIVE: Tool[] = [
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
