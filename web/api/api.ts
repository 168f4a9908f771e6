// The page's client of the native API. Every failure is an ApiError whose message can be shown.

import type { ApprovalInfo } from "../../src/ops/access/approvals.ts"
import type { OperationInput, OperationOutput } from "../../src/ops/local.ts"
import type { SessionInfo } from "../../src/ops/shapes.ts"
import { share } from "./share.ts"

export type ServerInfo = Pick<OperationOutput<"server">, "version" | "cmd" | "cwd" | "backends">
export type ShareInfo = OperationOutput<"shares">["shares"][number]

export class ApiError extends Error {
  override readonly name = "ApiError"
  readonly code: string
  readonly status: number

  constructor(code: string, message: string, status: number) {
    super(message)
    this.code = code
    this.status = status
  }
}

const session = (id: string, rest = "") => `/v1/sessions/${encodeURIComponent(id)}${rest}`

export const api = {
  login: (token: string) => call<unknown>("POST", "/v1/login", { token }),
  server: () => call<Partial<ServerInfo>>("GET", "/v1/server").then(completeServer),
  list: () => call<{ sessions: SessionInfo[] }>("GET", "/v1/sessions").then(answer => answer.sessions),
  get: (id: string) => call<SessionInfo>("GET", session(id)),
  create: (input: OperationInput<"create">) => call<SessionInfo>("POST", "/v1/sessions", input),
  rename: (id: string, name: string | null) => call<SessionInfo>("PATCH", session(id), { name }),
  signal: (id: string, signal: string, client: string) =>
    call<unknown>("POST", session(id, "/signal"), { signal, client }),
  handOver: (id: string, client: string, to: string) =>
    call<unknown>("POST", session(id, "/lease"), { action: "handoff", client, to }),
  relaunch: (id: string) => call<SessionInfo>("POST", session(id, "/relaunch")),
  ticket: (id: string, mode: "view" | "control") =>
    call<{ ticket: string }>("POST", "/v1/tickets", { session_id: id, mode }),
  share: (id: string, mode: "view" | "control", ms: number) =>
    call<ShareInfo & { url: string }>("POST", session(id, "/shares"), { mode, expires_in_ms: ms }),
  shares: (id: string) => call<{ shares: ShareInfo[] }>("GET", session(id, "/shares")),
  unshare: (id: string, share: string) =>
    call<unknown>("DELETE", session(id, `/shares?share=${encodeURIComponent(share)}`)),
  approvals: () => call<{ approvals: ApprovalInfo[] }>("GET", "/v1/approvals"),
  approve: (id: string, deny: boolean) =>
    call<unknown>("POST", `/v1/approvals/${encodeURIComponent(id)}`, { deny }),
  /** Streams the recording. With `follow` it continues until the session ends. */
  recording: async (id: string, follow: boolean, signal: AbortSignal) => {
    const response = await fetch(`${api.recordingUrl(id, "asciicast")}${follow ? "&follow=true" : ""}`, {
      signal,
    })
    if (!response.ok) throw failure(response.status, await response.json().catch(() => null))
    return response.body!
  },
  recordingUrl: (id: string, format: string) => session(id, `/recording?format=${format}`),
  end: (id: string) => call<SessionInfo>("DELETE", session(id, "?grace_ms=1000&force=true")),
}

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers = {
    ...(body === undefined ? {} : { "content-type": "application/json" }),
    accept: "application/json",
    // A share page uses only the share's secret, even if a cookie would allow more.
    ...(share && { authorization: `Bearer ${share.secret}` }),
  }
  const request = { method, headers, body: body === undefined ? null : JSON.stringify(body) }
  const response = await fetch(path, request).catch(() => unreachable())
  const answer: unknown = await response.json().catch(() => null)
  if (!response.ok) throw failure(response.status, answer)
  return answer as T
}

function unreachable(): never {
  throw new ApiError("unreachable", "The server is not reachable. Check that it is running.", 0)
}

function failure(status: number, answer: unknown): ApiError {
  const error = (answer as { error?: { code?: unknown; message?: unknown } } | null)?.error
  const message =
    typeof error?.message === "string"
      ? error.message
      : `The server returned status ${status} without a reason.`
  return new ApiError(typeof error?.code === "string" ? error.code : "unknown", capitalised(message), status)
}

/** Capitalises the first word, unless it is a name, a path or quoted. */
const capitalised = (message: string): string =>
  message.replace(/^[a-z]+(?= )/, word => word[0]!.toUpperCase() + word.slice(1))

const completeServer = (info: Partial<ServerInfo>): ServerInfo => ({
  version: info.version ?? "",
  cmd: info.cmd ?? [],
  cwd: info.cwd ?? "",
  backends: info.backends ?? [],
})
