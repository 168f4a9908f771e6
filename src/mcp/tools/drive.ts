// The tools that type into a session, resize, inspect, signal and end it.

import { close, wait } from "../calls/close.ts"
import { confirm } from "../calls/confirm.ts"
import { list } from "../calls/find.ts"
import { prompt } from "../calls/until.ts"
import { resize, signal, write } from "../calls/write.ts"
import { status } from "../session/status.ts"
import { json, LEASED_PARAMS, SESSION_PARAMS, type Tool } from "./tool.ts"

export const DRIVE: Tool[] = [
  {
    name: "pty_prompt",
    description: "Write data, then read until one of patterns appears after it.",
    parameters: `${LEASED_PARAMS} data* patterns* regex timeout_ms max_chars`,
    destructive: true,
    waits: true,
    scope: "read-write",
    leased: true,
    onSession: prompt,
  },
  {
    name: "confirm_dangerous_command",
    description: "Get a one-time token to spawn a command that was rejected as dangerous.",
    parameters: "command* justification owner scope",
    waits: true,
    run: confirm,
  },
  {
    name: "pty_write",
    description: "Type data unchanged; end a line with \\n.",
    parameters: `${LEASED_PARAMS} data*`,
    destructive: true,
    scope: "read-write",
    leased: true,
    onSession: write,
  },
  {
    name: "pty_resize",
    description: "Change the terminal's size.",
    parameters: `${LEASED_PARAMS} cols* rows*`,
    scope: "read-write",
    leased: true,
    onSession: resize,
  },
  {
    name: "pty_close",
    description: "End the process and remove the session.",
    parameters: LEASED_PARAMS,
    destructive: true,
    scope: "read-only",
    leased: true,
    onSession: close,
  },
  {
    name: "pty_status",
    description: "Full status of a session.",
    parameters: SESSION_PARAMS,
    readOnly: true,
    scope: "read-only",
    onSession: ({ session }) => json(status(session)),
  },
  {
    name: "pty_wait",
    description: "Wait for the exit, up to timeout_ms (10000).",
    parameters: `${SESSION_PARAMS} timeout_ms`,
    readOnly: true,
    waits: true,
    scope: "read-only",
    onSession: wait,
  },
  {
    name: "pty_list",
    description: "The owner's sessions.",
    parameters: "owner tag",
    readOnly: true,
    run: list,
  },
  {
    name: "pty_signal",
    description: "Send a signal to the process group.",
    parameters: `${LEASED_PARAMS} sig*`,
    group: "control",
    destructive: true,
    scope: "control",
    leased: true,
    onSession: signal,
  },
]
