// Operations on dangerous commands that wait for a person's yes.

import { z } from "zod"
import type { Approval } from "../core/approvals.ts"

export const ApprovalInfo = z.object({
  id: z.string(),
  command: z.string(),
  owner: z.string().nullable(),
  scope: z.string().nullable(),
  cwd: z.string().nullable().describe("the directory it is for; null for the server's own, or any"),
  variables: z.array(z.string()).describe("names of the variables that the start brings along"),
  reason: z.string().nullable(),
  by: z.string().describe("who asks"),
  matches: z.array(z.string()).describe("patterns that the command matches"),
  state: z.enum(["open", "approved", "denied", "used", "expired"]),
  decided_by: z.string().nullable(),
  asked_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
})
export type ApprovalInfo = z.infer<typeof ApprovalInfo>

export function approvalInfo(approval: Approval): ApprovalInfo {
  const { id, command, owner, scope, cwd, variables, reason, by, matches, state, decidedBy } = approval
  return {
    id,
    command,
    owner: owner ?? null,
    scope: scope ?? null,
    cwd: cwd ?? null,
    variables,
    reason: reason ?? null,
    by,
    matches,
    state,
    decided_by: decidedBy,
    asked_at: approval.askedAt.toISOString(),
    expires_at: approval.expiresAt.toISOString(),
  }
}
