// The operation lease: takes, releases or hands over the exclusive right to type.

import { z } from "zod"
import { PtylineError } from "../../core/lib/errors.ts"
import type { Session } from "../../core/session/session.ts"
import { operation } from "../operation.ts"
import { Client, LeaseChangeInfo, LeaseInfo, SessionRef } from "../shapes.ts"
import { leaseChange, leaseInfo } from "./info.ts"

const LeaseInput = z.strictObject({
  id: SessionRef,
  action: z.enum(["take", "release", "handoff"]).describe("take, release or handoff"),
  client: Client.describe("the caller's client name"),
  to: Client.optional().describe("handoff: the new owner"),
  from: Client.nullable()
    .optional()
    .describe("take: only from this owner; null = only while free; omitted = in any case"),
  reason: z.string().max(500).optional().describe("reason, shown with the lease"),
  ttl_ms: z
    .int()
    .min(1000)
    .max(86_400_000)
    .optional()
    .describe(
      "take: release after this long without a connection or a request of the client; default: 900000",
    ),
})
type LeaseInput = z.output<typeof LeaseInput>

export const lease = operation({
  name: "lease",
  session: "id",
  summary:
    "Take, release or hand over a session's lease: only its owner may type, resize, signal and end the session",
  access: "control",
  input: LeaseInput,
  output: z.object({
    lease: LeaseInfo.nullable(),
    last_lease: LeaseChangeInfo.nullable(),
    workspace: z.string().nullable(),
    transferred: z.array(z.string()).describe("sessions whose lease moved from one client to another"),
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
    if (to === undefined) throw new PtylineError("invalid_input", "handoff requires `to`, the new owner")
    return session.liveLease.handoff(client, to, reason)
  },
}
