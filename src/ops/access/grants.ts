// Operations that grant and revoke access: shares of one session, and named tokens.

import { z } from "zod"
import type { Grant } from "../../core/access/grants.ts"
import { ACCESS, owner } from "../../core/access/principal.ts"
import { PtylineError } from "../../core/lib/errors.ts"
import { operation } from "../operation.ts"
import { Label, SessionRef } from "../shapes.ts"

const DAY_MS = 86_400_000
const Lifetime = z
  .int()
  .min(1000)
  .max(365 * DAY_MS)
const Time = z.iso.datetime()

const ShareInfo = z.object({
  id: z.string(),
  name: z.string().nullable(),
  mode: z.enum(["view", "control"]),
  created_at: Time,
  expires_at: Time.nullable(),
})

const times = ({ createdAt, expiresAt }: Grant) => ({
  created_at: createdAt.toISOString(),
  expires_at: expiresAt?.toISOString() ?? null,
})

const shareInfo = (grant: Grant): z.infer<typeof ShareInfo> => ({
  id: grant.id,
  name: grant.name,
  mode: grant.access as "view" | "control",
  ...times(grant),
})

export const share = operation({
  name: "share",
  summary: "Share one session by a link that allows viewing, or typing too, until it expires or is revoked",
  access: "admin",
  input: z.strictObject({
    id: SessionRef,
    mode: z.enum(["view", "control"]).default("view").describe("view or control"),
    expires_in_ms: Lifetime.default(DAY_MS).describe("lifetime of the link"),
    name: Label.optional().describe("label: who the link is for"),
  }),
  output: ShareInfo.extend({
    url: z.string(),
    token: z.string().describe("the link's secret; shown only once"),
  }),
  http: { method: "POST", path: "/v1/sessions/:id/shares", status: 201 },
  cli: { name: "share", words: ["id"], print: ({ url }) => `${url}\n` },
  run: ({ sessions, principal = owner(false), base }, { id, mode, expires_in_ms, name }) => {
    const session = sessions.get(id).id
    const request = { kind: "share" as const, name: name ?? null, access: mode, session }
    const { grant, secret } = sessions.grants.issue({ ...request, expiresInMs: expires_in_ms }, principal)
    // Browsers do not send the fragment, so the secret reaches neither logs nor other sites.
    const url = `${base ?? "http://localhost"}/#/share/${mode}/${session}/${secret}`
    return { ...shareInfo(grant), url, token: secret }
  },
})

export const shares = operation({
  name: "shares",
  summary: "List a session's shares",
  access: "admin",
  input: z.strictObject({ id: SessionRef }),
  output: z.object({ shares: z.array(ShareInfo) }),
  http: { method: "GET", path: "/v1/sessions/:id/shares" },
  cli: { name: "shares", words: ["id"] },
  run: ({ sessions }, { id }) => ({
    shares: sessions.grants.list("share", sessions.get(id).id).map(shareInfo),
  }),
})

export const unshare = operation({
  name: "unshare",
  summary: "Revoke one or all shares of a session and disconnect the clients that use them",
  access: "admin",
  input: z.strictObject({
    id: SessionRef,
    share: z.string().min(1).max(64).optional().describe("id of one share; default: all shares"),
  }),
  output: z.object({ revoked: z.array(ShareInfo) }),
  http: { method: "DELETE", path: "/v1/sessions/:id/shares" },
  cli: { name: "unshare", words: ["id"], print: ({ revoked }) => `${revoked.length} revoked\n` },
  run: ({ sessions }, { id, share }) => {
    const given = sessions.grants.list("share", sessions.get(id).id)
    const selected = share === undefined ? given : given.filter(grant => grant.id === share)
    if (share !== undefined && selected.length === 0)
      throw new PtylineError("not_found", `this session has no share ${JSON.stringify(share)}`)
    return { revoked: selected.map(grant => shareInfo(sessions.grants.revoke(grant.id))) }
  },
})

const TokenInfo = z.object({
  id: z.string(),
  name: z.string(),
  scope: z.enum(ACCESS),
  created_at: Time,
  expires_at: Time.nullable(),
})

const tokenInfo = (grant: Grant): z.infer<typeof TokenInfo> => ({
  id: grant.id,
  name: grant.name!,
  scope: grant.access,
  ...times(grant),
})

export const token = operation({
  name: "token",
  summary: "Create a named token; scopes: view reads, control also types, admin also starts sessions",
  access: "admin",
  by: "owner",
  input: z.strictObject({
    name: Label.describe("name of the token, used to revoke it"),
    scope: z.enum(ACCESS).default("view").describe("view, control or admin"),
    expires_in_ms: Lifetime.optional().describe("lifetime; default: until revoked"),
  }),
  output: TokenInfo.extend({ token: z.string().describe("the token; shown only once") }),
  http: { method: "POST", path: "/v1/tokens", status: 201 },
  cli: { name: "token", words: ["name"], print: ({ token }) => `${token}\n` },
  run: ({ sessions, principal = owner(false) }, { name, scope, expires_in_ms }) => {
    const request = { kind: "token" as const, name, access: scope, session: null, expiresInMs: expires_in_ms }
    const { grant, secret } = sessions.grants.issue(request, principal)
    return { ...tokenInfo(grant), token: secret }
  },
})

export const tokens = operation({
  name: "tokens",
  summary: "List named tokens",
  access: "admin",
  by: "owner",
  input: z.strictObject({}),
  output: z.object({ tokens: z.array(TokenInfo) }),
  http: { method: "GET", path: "/v1/tokens" },
  cli: { name: "tokens" },
  run: ({ sessions }) => ({ tokens: sessions.grants.list("token").map(tokenInfo) }),
})

export const revoke = operation({
  name: "revoke",
  summary: "Revoke a named token and the grants made with it, and disconnect the clients that use them",
  access: "admin",
  by: "owner",
  input: z.strictObject({ name: z.string().min(1).max(128).describe("name or id of the token") }),
  output: TokenInfo,
  http: { method: "DELETE", path: "/v1/tokens/:name" },
  cli: { name: "revoke", words: ["name"], print: ({ name }) => `${name} revoked\n` },
  run: ({ sessions }, { name }) => {
    const grant = sessions.grants.list("token").find(token => token.name === name || token.id === name)
    if (!grant) throw new PtylineError("not_found", `no token ${JSON.stringify(name)}`)
    return tokenInfo(sessions.grants.revoke(grant.id))
  },
})
