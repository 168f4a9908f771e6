// The operation on a session's lease: who alone may type.

import { z } from "zod"
import { PtylineError } from "../../core/lib/errors.ts"
import type { Session } from "../../core/session/session.ts"
import { operation } from "../operation.ts"
import { Client, LeaseChangeInfo, LeaseInfo, SessionRef } from "../shapes.ts"
import { leaseChange, leaseInfo } from "./info.ts"

const LeaseInput = z.strictObject({
  id: SessionRef,
  action: z.enum(["take", "release", "handoff"]).describe("take, release or handoff"),
  client: Client.describe("what the caller calls itself"),
  to: Client.optional().describe("handoff: who gets it"),
  from: Client.nullable()
    .optional()
    .describe("take: only if this client holds it, with null only if nobody does; else whoever holds it"),
  reason: z.string().max(500).optional().describe("why, for whoever looks later"),
  ttl_ms: z
    .int()
    .min(1000)
    .max(86_400_000)
    .optional()
    .describe(
      "take: let go when the client has no connection and did nothing for this long; 900000 by default",
    ),
})
type LeaseInput = z.output<typeof LeaseInput>

export const lease = operation({
  name: "lease",
  session: "id",
  summary: "Take, release or hand over a session's lease: its holder alone may type, resize, signal and end",
  access: "control",
  input: LeaseInput,
  output: z.object({
    lease: LeaseInfo.nullable(),
    last_lease: LeaseChangeInfo.nullable(),
    workspace: z.string().nullable(),
    transferred: z.array(z.string()).describe("sessions that moved from one client to another"),
  }),
  http: { method: "POST", path: "/v1/sessions/:id/lease" },
  cli: {
    name: "lease",
    words: ["id", "action"],
    print: output => `${output.lease ? `held by ${output.lease.client}` : "free"}\n`,
  },
  run: ({ sessions }, input) => {
    const session = sessions.get(input.id)
    const transferred = ACTIONS[input.action](session, input)
    const { owner, last } = session.lease
    return {
      lease: leaseInfo(owner),
      last_lease: leaseChange(last),
      workspace: session.workspace,
      transferred,
    }
  },
})

const ACTIONS: Record<LeaseInput["action"], (session: Session, input: LeaseInput) => string[]> = {
  take: (session, { client, from, reason, ttl_ms }) =>
    session.liveLease.take(client, { from, reason, ttlMs: ttl_ms }),
  release: (session, { client, reason }) => {
    session.lease.release(client, reason)
    return []
  },
  handoff: (session, { client, to, reason }) => {
    if (to === undefined) throw new PtylineError("invalid_input", "handoff needs to: who gets the lease")
    return session.liveLease.handoff(client, to, reason)
  },
}
