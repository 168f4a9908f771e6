// The HTTP method and path of each operation, for clients that must not bundle the operations.
// A test compares this list with the table.

import type { OPERATIONS } from "./index.ts"
import type { Method } from "./operation.ts"

/** `streamed`: the output arrives in chunks. */
export type OperationPath = { method: Method; path: string; streamed?: true }

export const PATHS: Record<keyof typeof OPERATIONS, OperationPath> = {
  create: { method: "POST", path: "/v1/sessions" },
  list: { method: "GET", path: "/v1/sessions" },
  get: { method: "GET", path: "/v1/sessions/:id" },
  update: { method: "PATCH", path: "/v1/sessions/:id" },
  end: { method: "DELETE", path: "/v1/sessions/:id" },
  end_all: { method: "DELETE", path: "/v1/sessions" },
  recover: { method: "POST", path: "/v1/recover" },
  relaunch: { method: "POST", path: "/v1/sessions/:id/relaunch" },
  write: { method: "POST", path: "/v1/sessions/:id/input" },
  read: { method: "GET", path: "/v1/sessions/:id/output" },
  wait: { method: "POST", path: "/v1/sessions/:id/wait" },
  run: { method: "POST", path: "/v1/run" },
  resize: { method: "POST", path: "/v1/sessions/:id/resize" },
  signal: { method: "POST", path: "/v1/sessions/:id/signal" },
  lease: { method: "POST", path: "/v1/sessions/:id/lease" },
  share: { method: "POST", path: "/v1/sessions/:id/shares" },
  shares: { method: "GET", path: "/v1/sessions/:id/shares" },
  unshare: { method: "DELETE", path: "/v1/sessions/:id/shares" },
  token: { method: "POST", path: "/v1/tokens" },
  tokens: { method: "GET", path: "/v1/tokens" },
  revoke: { method: "DELETE", path: "/v1/tokens/:name" },
  approvals: { method: "GET", path: "/v1/approvals" },
  approval: { method: "GET", path: "/v1/approvals/:approval" },
  approve: { method: "POST", path: "/v1/approvals/:approval" },
  screen: { method: "GET", path: "/v1/sessions/:id/screen" },
  search: { method: "GET", path: "/v1/sessions/:id/search" },
  recording: { method: "GET", path: "/v1/sessions/:id/recording", streamed: true },
  server: { method: "GET", path: "/v1/server" },
  ticket: { method: "POST", path: "/v1/tickets" },
}
