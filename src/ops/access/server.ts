// Operations on the server itself, and the tickets for its streams.

import { z } from "zod"
import { requireAccess } from "../../core/access/principal.ts"
import { operation } from "../operation.ts"
import { SessionRef } from "../shapes.ts"

export const BackendFacts = z.object({
  kind: z.string(),
  available: z.boolean(),
  default: z.boolean(),
  why: z.string().optional(),
})

export const PluginFacts = z.object({
  name: z.string(),
  role: z.string(),
  state: z.enum(["starting", "running", "waiting", "stopped"]).describe("waiting: to be restarted"),
  core: z.boolean().describe("whether the server is ready only while the plugin runs"),
  pid: z.int().nullable(),
  port: z.int().nullable(),
  restarts: z.int(),
  reason: z.string().nullable().describe("why it ended last, or cannot be started"),
  log: z.array(z.string()).describe("the last lines of its log"),
})

export const server = operation({
  name: "server",
  summary: "Describe the server: version, defaults, backends, limits",
  access: "view",
  input: z.strictObject({}),
  output: z.object({
    version: z.string(),
    pid: z.int(),
    started_at: z.iso.datetime(),
    cmd: z.array(z.string()).describe("default command for new sessions"),
    cwd: z.string(),
    backends: z.array(BackendFacts),
    limits: z.object({
      sessions: z.int(),
      viewers: z.int(),
      log_bytes: z.int(),
      total_log_bytes: z.int(),
      retention_ms: z.int(),
      retained: z.int(),
    }),
    running: z.int(),
    plugins: z.array(PluginFacts),
  }),
  http: { method: "GET", path: "/v1/server" },
  cli: { name: "server" },
  run: ({ sessions, host }) => {
    const { sessions: count, viewers, logBytes, totalLogBytes, retentionMs, retained } = sessions.limits
    const limits = {
      sessions: count,
      viewers,
      log_bytes: logBytes,
      total_log_bytes: totalLogBytes,
      retention_ms: retentionMs,
      retained,
    }
    const facts = host.facts()
    return { ...facts, limits, running: sessions.running, plugins: facts.plugins ?? [] }
  },
})

export const ticket = operation({
  name: "ticket",
  session: "session_id",
  summary: "Issue a ticket for one WebSocket or EventSource connection to a session within 60 s",
  access: "view",
  input: z.strictObject({ session_id: SessionRef, mode: z.enum(["view", "control"]).default("view") }),
  output: z.object({ ticket: z.string(), expires_at: z.iso.datetime() }),
  http: { method: "POST", path: "/v1/tickets" },
  run: ({ sessions, host, access, principal }, { session_id, mode }) => {
    requireAccess(access, mode)
    return host.issueTicket(sessions.get(session_id).id, mode, principal)
  },
})
