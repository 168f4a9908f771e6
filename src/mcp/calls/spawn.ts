// pty_spawn: starts a session.

import { hasCode } from "../../core/lib/errors.ts"
import { isSize } from "../../core/lib/units.ts"
import type { CreateRequest } from "../../core/session/create-request.ts"
import type { Session } from "../../core/session/session.ts"
import type { McpClient } from "../session/client.ts"
import { directoryFor } from "../session/directory.ts"
import { nameWithOwner, runningNamed } from "../session/names.ts"
import { mcpSessionOf, ORIGIN_TAG, SCOPES, type Scope, type TtyMode } from "../session/session.ts"
import { leaseFields, seconds } from "../session/status.ts"
import { ToolError } from "../tools/failure.ts"
import type { Args } from "../tools/parse.ts"
import type { ToolCall, ToolResult } from "../tools/tool.ts"
import { type Confirmation, checkConfirmation } from "./confirm.ts"
import { storeForRecovery } from "./recover.ts"

type SpawnPlan = {
  command: string
  owner: string | undefined
  name: string | undefined
  tag: string | undefined
  scope: Scope
  ttyMode: TtyMode
  separate: boolean
  tmux: boolean
  runtimeSec: number
}

export async function spawn(call: ToolCall): Promise<ToolResult> {
  const { client, args } = call
  const plan = planOf(call)
  const confirmation = checkConfirmation(client, args, plan)
  client.starting++
  try {
    const session = await client.sessions.start({
      ...requestOf(client, args, plan),
      confirmed: confirmation.mode === "token",
      by: "an agent",
    })
    return started(client, args, plan, confirmation, session)
  } catch (error) {
    confirmation.undo()
    throw plan.tmux && hasCode(error, "unavailable")
      ? new ToolError("unsupported backend: tmux", error.message)
      : error
  } finally {
    client.starting--
  }
}

function planOf({ client, args, owner }: ToolCall): SpawnPlan {
  if (client.settings.requireOwner && !owner?.trim()) throw new ToolError("owner is required for spawn")
  const command = args.required("command")
  const plan = {
    command,
    owner,
    name: args.text("name"),
    tag: args.text("tag"),
    scope: args.oneOf("scope", SCOPES) ?? "read-write",
    ttyMode: args.choice("tty_mode", ["raw", "cooked"]) ?? "raw",
    separate: args.flag("separate_streams") ?? false,
    tmux: isTmux(args.text("backend") ?? client.settings.backend),
    runtimeSec: args.limit("spawn_timeout_sec", client.limits.spawn_timeout_sec),
  }
  if (plan.separate && plan.tmux) throw new ToolError("separate_streams is not supported for tmux sessions")
  if (plan.name !== undefined && runningNamed(client, plan.name, owner).length > 0)
    throw new ToolError("session name already in use", plan.name)
  if (client.running >= client.settings.maxSessions)
    throw new ToolError(`too many sessions (max ${client.settings.maxSessions})`)
  return plan
}

/** The contract's words for a backend, and whether each means tmux. */
const BACKENDS = new Map([
  ["tmux", true],
  ["subprocess", false],
  ["auto", false],
  ["terminal", false],
])

function isTmux(backend: string): boolean {
  const tmux = BACKENDS.get(backend)
  if (tmux === undefined) throw new ToolError("unsupported backend", backend)
  return tmux
}

function requestOf(client: McpClient, args: Args, plan: SpawnPlan): CreateRequest {
  const { command, owner, tag, separate, tmux, runtimeSec, ttyMode } = plan
  const durable = args.flag("durable") ?? false
  // the holder of a durable session assigns log offsets, so the server cannot drop output
  const rate = args.limit("rate_limit_bps", client.limits.rate_limit_bps)
  if (durable && (separate || rate > 0))
    throw new ToolError(
      `${separate ? "separate_streams" : "rate_limit_bps"} is not supported for durable sessions`,
    )
  return {
    argv: ["bash", "-lc", command],
    cwd: directoryFor(client, args.text("cwd"), command),
    env: { ...terminalDefaults(client.caller.env), ...args.variables("env") },
    size: checkedSize({ cols: args.integer("cols") ?? 120, rows: args.integer("rows") ?? 30 }),
    backend: tmux ? "tmux" : separate ? "mixed" : "auto",
    separateStreams: separate,
    echo: ttyMode === "cooked",
    raw: ttyMode === "raw",
    name: coreName(client, plan),
    tags: [...(tag === undefined ? [] : [tag]), ORIGIN_TAG],
    owner,
    workspace: args.text("tmux_workspace"),
    logLimit: args.limit("max_output_bytes", 0) || client.limits.max_output_bytes,
    timeoutMs: runtimeSec * 1000 || undefined,
    durable,
    surroundings: client.caller,
  }
}

/** Throws `cols and rows must be 1 to 1000`. */
export function checkedSize(size: { cols: number; rows: number }): { cols: number; rows: number } {
  if (isSize(size)) return size
  throw new ToolError("cols and rows must be 1 to 1000", `${size.cols}x${size.rows}`)
}

/** Returns the variables that terminal programs expect; the caller's own values come first. */
function terminalDefaults(env: Record<string, string>): Record<string, string> {
  const lang = env.LANG || "C.UTF-8"
  return {
    TERM: env.TERM || "xterm-256color",
    COLORTERM: env.COLORTERM || "truecolor",
    LANG: lang,
    LC_ALL: env.LC_ALL || lang,
  }
}

/** Returns the name in the core, where owners share one set of names. A taken name gets the owner added. */
function coreName(client: McpClient, { name, owner }: SpawnPlan): string | undefined {
  const free = (candidate: string) => {
    try {
      return client.sessions.get(candidate).life.state !== "running"
    } catch (error) {
      if (hasCode(error, "not_found")) return true
      throw error
    }
  }
  if (name === undefined || free(name)) return name
  const longer = nameWithOwner(name, owner)
  return free(longer) ? longer : undefined
}

/** Applies the limits to the new session, stores its record and returns the result. */
function started(
  client: McpClient,
  args: Args,
  plan: SpawnPlan,
  confirmation: Confirmation,
  session: Session,
): ToolResult {
  const { command, scope, ttyMode, runtimeSec } = plan
  const [name, tag] = [plan.name ?? null, plan.tag ?? null]
  const { output, input } = session.allowed
  output.rate = args.limit("rate_limit_bps", client.limits.rate_limit_bps)
  input.rate = args.limit("input_rate_bps", client.limits.input_rate_bps)
  const mcpSession = mcpSessionOf(session)
  mcpSession.readFromStart()
  mcpSession.record = { command, scope, name, tag, ttyMode, maxRuntimeSec: runtimeSec, recoveredAt: null }
  mcpSession.readTimeoutMs = args.integer("read_timeout_ms") ?? null
  storeForRecovery(client, session)
  client.adopt(session)
  client.journal?.start(session)
  client.journal?.event(session, "spawn", spawnEvent(args, plan, confirmation, session))
  const structured = spawnFields(session, plan)
  return { text: client.settings.spawnMeta ? JSON.stringify(structured) : session.id, structured }
}

function spawnFields(session: Session, { tag, runtimeSec, separate }: SpawnPlan): Record<string, unknown> {
  return {
    session_id: session.id,
    pid: session.life.pid,
    pgid: session.life.pid,
    cwd: session.spec.cwd,
    ...session.size,
    tag: tag ?? null,
    owner: session.owner,
    separate_streams: separate,
    max_output_bytes: session.log.limit,
    max_runtime_sec: runtimeSec,
    rate_limit_bps: session.allowed.output.rate,
    created_at: seconds(session.createdAt),
    ...leaseFields(session),
  }
}

function spawnEvent(
  args: Args,
  plan: SpawnPlan,
  confirmation: Confirmation,
  session: Session,
): Record<string, unknown> {
  const { command, scope } = plan
  const [tag, owner] = [plan.tag ?? null, plan.owner ?? null]
  return {
    ...{ command, cwd: session.spec.cwd, ...session.size, tag, owner, scope },
    backend: plan.tmux ? "tmux" : "subprocess",
    dangerous: confirmation.matches.length > 0,
    dangerous_matches: confirmation.matches,
    confirmation_mode: confirmation.mode,
    dangerous_confirm_token_present: args.text("dangerous_confirm_token") !== undefined,
    dangerous_confirmed_present: args.flag("dangerous_confirmed") !== undefined,
    dangerous_justification_present: args.text("dangerous_justification") !== undefined,
  }
}
