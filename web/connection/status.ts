// The state of a connection, for the page to show.

import type { ExitInfo } from "../api/api.ts"

/** Why the connection is down. Another attempt follows. */
export type Wait = "lost" | "unreachable" | "stopping" | "busy"

export type ConnectionStatus =
  | { kind: "connecting" }
  | { kind: "connected" }
  | { kind: "waiting"; until: number; reason: Wait }
  | { kind: "ended"; exit: ExitInfo; tailOpen: boolean }
  | { kind: "gone" }
  | { kind: "signed-out" }
  | { kind: "refused"; message: string }
