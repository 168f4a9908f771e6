// Operations on dangerous commands that wait for a person's approval.

import { z } from "zod"
import type { Approval, Approvals } from "../../core/access/approvals.ts"
import { PtylineError } from "../../core/lib/errors.ts"
import type { Sessions } from "../../core/registry/sessions.ts"
import { operation } from "../operation.ts"

const ApprovalRef = z.string().min(1).max(64).describe("the approval's id")

export const ApprovalInfo = z.object({
  id: z.string(),
  command: z.string(),
  owner: z.string().nullable(),
  scope: z.string().nullable(),
  cwd: z.string().nullable().describe("its working directory; null means the server's, or any"),
  variables: z.array(z.string()).describe("names of the environment variables in the request"),
  reason: z.string().nullable(),
  by: z.string().describe("the caller that asked"),
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

export const approvals = operation({
  name: "approvals",
  summary: "List dangerous commands that wait for approval (ptyline serve --approve human)",
  access: "admin",
  input: z.strictObject({}),
  output: z.object({ required: z.boolean(), approvals: z.array(ApprovalInfo) }),
  http: { method: "GET", path: "/v1/approvals" },
  cli: { name: "approvals" },
  run: ({ sessions }) => ({
    required: sessions.approvals !== null,
    approvals: (sessions.approvals?.open() ?? []).map(approvalInfo),
  }),
})

export const approval = operation({
  name: "approval",
  summary: "Get the state of an approval; optionally wait for the decision",
  access: "admin",
  input: z.strictObject({ approval: ApprovalRef, wait_ms: z.int().min(0).max(30_000).default(0) }),
  output: ApprovalInfo,
  http: { method: "GET", path: "/v1/approvals/:approval" },
  run: async ({ sessions, signal }, { approval, wait_ms }) =>
    approvalInfo(await approvalsOf(sessions).outcome(approval, wait_ms, signal)),
})

export const approve = operation({
  name: "approve",
  summary: "Approve or deny a dangerous command; an approval is good for one start within 5 minutes",
  access: "admin",
  by: "person",
  input: z.strictObject({
    approval: ApprovalRef,
    deny: z.boolean().default(false).describe("deny the command"),
  }),
  output: ApprovalInfo,
  http: { method: "POST", path: "/v1/approvals/:approval" },
  cli: {
    name: "approve",
    words: ["approval"],
    print: ({ state, command }) => `${state}: ${JSON.stringify(command)}\n`,
  },
  run: ({ sessions, principal }, { approval, deny }) =>
    approvalInfo(approvalsOf(sessions).decide(approval, !deny, principal?.name ?? "owner")),
})

function approvalsOf(sessions: Sessions): Approvals {
  if (sessions.approvals) return sessions.approvals
  throw new PtylineError("unavailable", "this server does not use approvals; start it with --approve human")
}
