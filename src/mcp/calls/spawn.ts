// pty_spawn: from its arguments to a session of the core.

import { PtylineError } from "../../core/lib/errors.ts"
import { isSize } from "../../core/lib/units.ts"
import type { CreateRequest } from "../../core/session/create-request.ts"
import type { Session } from "../../core/session/session.ts"
import type { McpClient } from "../session/client.ts"
import { directoryFor } from "../session/directory.ts"
import { liveNamed, longerName } from "../session/names.ts"
import { mcpSessionOf, ORIGIN_TAG, SCOPES, type Scope, type TtyMode } from "../session/session.ts"
import { backendWord, leaseFields } from "../session/status.ts"
import { ToolError } from "../tools/failure.ts"
import type { Args } from "../tools/parse.ts"
import { seconds, type ToolCall, type ToolResult, text } from "../tools/tool.ts"
import { type Confirmation, confirmed } from "./confirm.ts"
import { keepForRecovery } from "./recover.ts"

type Plan = {
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
  const { desk, args } = call
  const plan = planOf(call)
  const danger = confirmed(desk, args, plan)
  desk.starting++
  try {
    const session = await desk.sessions.start({
      ...requestOf(desk, args, plan),
      confirmed: danger.mode === "token",
      by: "an agent",
    })
    return settled(desk, args, plan, danger, session)
  } catch (error) {
    danger.undo()
    throw plan.tmux && isUnavailable(error)
      ? new ToolError("unsupported backend: tmux", error.message)
      : error
  } finally {
    desk.starting--
  }
}

const isUnavailable = (error: unknown): error is PtylineError =>
  error instanceof PtylineError && error.code === "unavailable"

function planOf({ desk, args, owner }: ToolCall): Plan {
  if (desk.settings.requireOwner && !owner?.trim()) throw new ToolError("owner is required for spawn")
  const command = args.required("command")
  const plan = {
    command,
    owner,
    name: args.text("name"),
    tag: args.text("tag"),
    scope: scopeOf(args),
    ttyMode: args.choice("tty_mode", ["raw", "cooked"]) ?? "raw",
    separate: args.flag("separate_streams") ?? false,
    tmux: isTmux(args.text("backend") ?? desk.settings.backend),
    runtimeSec: args.limit("spawn_timeout_sec", desk.limits.spawn_timeout_sec),
  }
  if (plan.separate && plan.tmux) throw new ToolError("separate_streams is not supported for tmux sessions")
  if (plan.name !== undefined && liveNamed(desk, plan.name, owner).length > 0)
    throw new ToolError("session name already in use", plan.name)
  if (desk.running >= desk.settings.maxSessions)
    throw new ToolError(`too many sessions (max ${desk.settings.maxSessions})`)
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

function scopeOf(args: Args): Scope {
  const scope = args.text("scope") ?? "read-write"
  const known = SCOPES.find(each => each === scope)
  if (known) return known
  throw new ToolError("unsupported scope", scope)
}

function requestOf(desk: McpClient, args: Args, plan: Plan): CreateRequest {
  const { command, owner, tag, separate, tmux, runtimeSec, ttyMode } = plan
  const durable = args.flag("durable") ?? false
  // what is dropped would be missing from a log that is kept elsewhere, and its offsets with it
  const rate = args.limit("rate_limit_bps", desk.limits.rate_limit_bps)
  if (durable && (separate || rate > 0))
    throw new ToolError(
      `${separate ? "separate_streams" : "rate_limit_bps"} is not supported for durable sessions`,
    )
  return {
    argv: ["bash", "-lc", command],
    cwd: directoryFor(desk, args.text("cwd"), command),
    env: { ...missing(desk.surroundings.env), ...args.variables("env") },
    size: sizeOf(args),
    backend: tmux ? "tmux" : separate ? "mixed" : "auto",
    separateStreams: separate,
    echo: ttyMode === "cooked",
    raw: ttyMode === "raw",
    name: freeName(desk, plan),
    tags: [...(tag === undefined ? [] : [tag]), ORIGIN_TAG],
    owner,
    workspace: args.text("tmux_workspace"),
    logLimit: args.limit("max_output_bytes", 0) || desk.limits.max_output_bytes,
    timeoutMs: runtimeSec * 1000 || undefined,
    durable,
    surroundings: desk.surroundings,
  }
}

function sizeOf(args: Args): { cols: number; rows: number } {
  const size = { cols: args.integer("cols") ?? 120, rows: args.integer("rows") ?? 30 }
  return checkedSize(size)
}

/** Throws `cols and rows must be 1 to 1000`. */
export function checkedSize(size: { cols: number; rows: number }): { cols: number; rows: number } {
  if (isSize(size)) return size
  throw new ToolError("cols and rows must be 1 to 1000", `${size.cols}x${size.rows}`)
}

/** What a terminal's programs expect, where the caller's own environment does not say otherwise. */
function missing(env: Record<string, string>): Record<string, string> {
  const lang = env.LANG || "C.UTF-8"
  return {
    TERM: env.TERM || "xterm-256color",
    COLORTERM: env.COLORTERM || "truecolor",
    LANG: lang,
    LC_ALL: env.LC_ALL || lang,
  }
}

/** Names are one owner's here and everybody's in the core: who comes second is found there with the owner. */
function freeName(desk: McpClient, { name, owner }: Plan): string | undefined {
  const free = (wanted: string) => {
    try {
      return desk.sessions.get(wanted).life.state !== "running"
    } catch (error) {
      if (error instanceof PtylineError && error.code === "not_found") return true
      throw error
    }
  }
  if (name === undefined || free(name)) return name
  const longer = longerName(name, owner)
  return free(longer) ? longer : undefined
}

function settled(
  desk: McpClient,
  args: Args,
  plan: Plan,
  danger: Confirmation,
  session: Session,
): ToolResult {
  const { command, scope, ttyMode, runtimeSec } = plan
  const [name, tag] = [plan.name ?? null, plan.tag ?? null]
  const { output, input } = session.allowed
  output.rate = args.limit("rate_limit_bps", desk.limits.rate_limit_bps)
  input.rate = args.limit("input_rate_bps", desk.limits.input_rate_bps)
  const book = mcpSessionOf(session)
  book.begin()
  book.facts = { command, scope, name, tag, ttyMode, maxRuntimeSec: runtimeSec, recoveredAt: null }
  book.readTimeoutMs = args.integer("read_timeout_ms") ?? null
  keepForRecovery(desk, session)
  desk.adopt(session)
  desk.journal?.begin(session)
  desk.journal?.event(session, "spawn", spawnEvent(args, plan, danger, session))
  const facts = spawnFacts(session, plan)
  return text(desk.settings.spawnMeta ? JSON.stringify(facts) : session.id, facts)
}

function spawnFacts(session: Session, { tag, runtimeSec, separate }: Plan): Record<string, unknown> {
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

function spawnEvent(args: Args, plan: Plan, danger: Confirmation, session: Session): Record<string, unknown> {
  const { command, scope } = plan
  const [tag, owner] = [plan.tag ?? null, plan.owner ?? null]
  return {
    ...{ command, cwd: session.spec.cwd, ...session.size, tag, owner, scope },
    backend: backendWord(session),
    dangerous: danger.matches.length > 0,
    dangerous_matches: danger.matches,
    confirmation_mode: danger.mode,
    dangerous_confirm_token_present: args.text("dangerous_confirm_token") !== undefined,
    dangerous_confirmed_present: args.flag("dangerous_confirmed") !== undefined,
    dangerous_justification_present: args.text("dangerous_justification") !== undefined,
  }
}
