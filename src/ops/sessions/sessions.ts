// Operations on sessions: create, list, get, update, end, relaunch, recover, resize, signal.

import { z } from "zod"
import type { Principal } from "../../core/access/principal.ts"
import { PtylineError } from "../../core/lib/errors.ts"
import type { CreateRequest } from "../../core/session/create-request.ts"
import { SIZE_POLICIES } from "../../core/session/sizing.ts"
import { operation } from "../operation.ts"
import {
  Client,
  Cols,
  GraceMs,
  Label,
  Name,
  Rows,
  SessionInfo,
  SessionRef,
  SignalName,
  Spawn,
  Tags,
} from "../shapes.ts"
import { sessionInfo } from "./info.ts"
import { sessionLine, sessionTable } from "./table.ts"

const SizePolicy = z
  .enum(SIZE_POLICIES)
  .describe("whose window sets the size: latest (default), smallest, leader or fixed")
const TimeoutMs = z
  .int()
  .min(1)
  .max(2 ** 31 - 1)

type SpawnInput = z.output<z.ZodObject<typeof Spawn>>

/** Converts the API's input to the core's request. */
export function createRequest(input: SpawnInput, principal?: Principal): CreateRequest {
  const { cols, rows, separate_streams, log_limit, record_input, tags = [], ...rest } = input
  const named = { separateStreams: separate_streams, logLimit: log_limit, recordInput: record_input }
  return { ...rest, by: principal?.name, tags, size: { cols, rows }, ...named }
}

export const create = operation({
  name: "create",
  summary: "Start a session: argv, a command line for the shell, or the server's default command",
  access: "admin",
  input: z.strictObject({
    ...Spawn,
    timeout_ms: TimeoutMs.optional().describe("end the session at this age"),
    idle_timeout_ms: TimeoutMs.optional().describe(
      "end the session after this long without input, output and viewers",
    ),
    size_policy: SizePolicy.optional(),
  }),
  output: SessionInfo,
  http: { method: "POST", path: "/v1/sessions", status: 201 },
  cli: { name: "new", rest: "argv", print: sessionLine },
  run: async ({ sessions, principal }, { timeout_ms, idle_timeout_ms, size_policy = "latest", ...spawn }) => {
    const request = {
      ...createRequest(spawn, principal),
      timeoutMs: timeout_ms,
      idleTimeoutMs: idle_timeout_ms,
    }
    const session = await sessions.start(request)
    session.viewers.sizing.policy = size_policy
    return sessionInfo(session)
  },
})

export const list = operation({
  name: "list",
  summary: "List sessions, most recently active first",
  access: "view",
  input: z.strictObject({
    state: z.enum(["running", "exited", "finished"]).optional(),
    tag: z.string().optional(),
    owner: z.string().optional(),
  }),
  output: z.object({ sessions: z.array(SessionInfo) }),
  http: { method: "GET", path: "/v1/sessions" },
  cli: { name: "ls", fits: true, print: ({ sessions }) => sessionTable(sessions) },
  run: ({ sessions }, { state, tag, owner }) => ({
    sessions: sessions
      .list()
      .filter(s => (state ?? s.life.state) === s.life.state && (owner ?? s.owner) === s.owner)
      .filter(s => tag === undefined || s.tags.includes(tag))
      .map(sessionInfo),
  }),
})

export const get = operation({
  name: "get",
  session: "id",
  summary: "Describe a session",
  access: "view",
  input: z.strictObject({ id: SessionRef }),
  output: SessionInfo,
  http: { method: "GET", path: "/v1/sessions/:id" },
  cli: { name: "info", words: ["id"] },
  run: ({ sessions }, { id }) => sessionInfo(sessions.get(id)),
})

export const update = operation({
  name: "update",
  summary: "Change a session's name, tags or size policy",
  access: "control",
  input: z.strictObject({
    id: SessionRef,
    name: Name.nullable().optional(),
    tags: Tags.optional(),
    size_policy: SizePolicy.optional(),
  }),
  output: SessionInfo,
  http: { method: "PATCH", path: "/v1/sessions/:id" },
  cli: { name: "update", words: ["id"], print: sessionLine },
  run: ({ sessions }, { id, name, tags, size_policy }) => {
    const session = sessions.get(id)
    if (name === undefined && tags === undefined && size_policy === undefined)
      throw new PtylineError("invalid_input", "nothing to change; give name, tags or size_policy")
    if (name !== undefined) sessions.rename(session, name)
    if (tags) session.tags = tags
    if (size_policy) session.viewers.sizing.policy = size_policy
    sessions.updated(session)
    return sessionInfo(session)
  },
})

export const end = operation({
  name: "end",
  summary: "End a session: send HUP and TERM to all its processes, KILL after a grace period, then forget it",
  access: "control",
  input: z.strictObject({
    id: SessionRef,
    grace_ms: GraceMs.default(1000),
    client: Client.optional(),
    force: z.boolean().default(false).describe("even while another client owns the lease"),
  }),
  output: SessionInfo,
  http: { method: "DELETE", path: "/v1/sessions/:id" },
  cli: { name: "end", words: ["id"], all: "end_all", print: sessionLine },
  run: async ({ sessions }, { id, grace_ms, client, force }) => {
    const session = sessions.get(id)
    if (!force) session.lease.demand(client)
    await session.end(grace_ms)
    const last = sessionInfo(session)
    sessions.remove(session)
    return last
  },
})

export const endAll = operation({
  name: "end_all",
  summary: "End and forget all sessions, durable ones included",
  access: "admin",
  input: z.strictObject({ grace_ms: GraceMs.default(1000) }),
  output: z.object({ sessions: z.array(SessionInfo) }),
  http: { method: "DELETE", path: "/v1/sessions" },
  run: async ({ sessions }, { grace_ms }) => {
    const all = sessions.list()
    await Promise.all(all.map(session => session.end(grace_ms)))
    const last = all.map(sessionInfo)
    for (const session of all) sessions.remove(session)
    return { sessions: last }
  },
})

export const relaunch = operation({
  name: "relaunch",
  summary:
    "Start an ended or lost session again: same command, directory, environment and size; its log continues",
  access: "admin",
  input: z.strictObject({
    id: SessionRef,
    approval: z.string().max(64).optional().describe("id of the approval, if the command needs one"),
  }),
  output: SessionInfo,
  http: { method: "POST", path: "/v1/sessions/:id/relaunch" },
  cli: { name: "relaunch", words: ["id"], print: sessionLine },
  run: async ({ sessions }, { id, approval }) =>
    sessionInfo(await sessions.relaunch(sessions.get(id), approval)),
})

export const recover = operation({
  name: "recover",
  summary: "Adopt a tmux session of an earlier server, and all others in its workspace",
  access: "admin",
  input: z.strictObject({ name: Name, owner: Label.describe("the owner of the session") }),
  output: SessionInfo,
  http: { method: "POST", path: "/v1/recover" },
  cli: { name: "recover", words: ["name"], print: sessionLine },
  run: async ({ sessions }, { name, owner }) => sessionInfo(await sessions.recover(name, owner)),
})

export const resize = operation({
  name: "resize",
  session: "id",
  summary: "Change a session's size",
  access: "control",
  input: z.strictObject({ id: SessionRef, cols: Cols, rows: Rows, client: Client.optional() }),
  output: SessionInfo,
  http: { method: "POST", path: "/v1/sessions/:id/resize" },
  cli: { name: "resize", words: ["id", "cols", "rows"], print: sessionLine },
  run: ({ sessions }, { id, cols, rows, client }) => {
    const session = sessions.get(id)
    session.resize({ cols, rows }, client)
    return sessionInfo(session)
  },
})

export const signal = operation({
  name: "signal",
  session: "id",
  summary:
    "Send a signal: INT, QUIT, TSTP and WINCH go to the foreground job, others to the session's process group",
  access: "control",
  input: z.strictObject({ id: SessionRef, signal: SignalName, client: Client.optional() }),
  output: SessionInfo,
  http: { method: "POST", path: "/v1/sessions/:id/signal" },
  cli: { name: "signal", words: ["id", "signal"], print: sessionLine },
  run: ({ sessions }, { id, signal, client }) => {
    const session = sessions.get(id)
    session.signal(signal, client)
    return sessionInfo(session)
  },
})
