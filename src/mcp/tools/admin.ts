// The admin tools, which concern the server as a whole. They are shown only when enabled.

import { getDefaultCwd, getLimits, health, metrics, setDefaultCwd, setLimits } from "../calls/admin.ts"
import { closeAll } from "../calls/close.ts"
import type { Tool } from "./tool.ts"

const LIMITS =
  "max_output_bytes spawn_timeout_sec idle_timeout_sec read_timeout_ms rate_limit_bps input_rate_bps"
const admin = (tool: Omit<Extract<Tool, { run: unknown }>, "group">): Tool => ({ ...tool, group: "admin" })

export const ADMIN: Tool[] = [
  admin({
    name: "pty_close_all",
    description: "End and remove every session of this server.",
    parameters: "",
    destructive: true,
    run: closeAll,
  }),
  admin({
    name: "set_default_cwd",
    description: "Set the default directory for new sessions; null resets it.",
    parameters: "cwd",
    run: setDefaultCwd,
  }),
  admin({
    name: "get_default_cwd",
    description: "The default directory for new sessions.",
    parameters: "",
    readOnly: true,
    run: getDefaultCwd,
  }),
  admin({
    name: "set_limits",
    description: "Change limits of new and running sessions.",
    parameters: LIMITS,
    run: setLimits,
  }),
  admin({
    name: "get_limits",
    description: "The limits that set_limits changes.",
    parameters: "",
    readOnly: true,
    run: getLimits,
  }),
  admin({ name: "pty_metrics", description: "Counters.", parameters: "", readOnly: true, run: metrics }),
  admin({ name: "pty_health", description: "Health check.", parameters: "", readOnly: true, run: health }),
]
