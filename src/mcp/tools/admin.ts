// The tools that concern the server as a whole; shown only when they are switched on.

import { getDefaultCwd, getLimits, health, metrics, setDefaultCwd, setLimits } from "../calls/admin.ts"
import { closeAll } from "../session/life.ts"
import type { Tool } from "./tool.ts"

const LIMITS =
  "max_output_bytes spawn_timeout_sec idle_timeout_sec read_timeout_ms rate_limit_bps input_rate_bps"
const admin = (tool: Omit<Extract<Tool, { run: unknown }>, "group">): Tool => ({ ...tool, group: "admin" })

export const ADMIN: Tool[] = [
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
