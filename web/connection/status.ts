// The state of a connection, for the page to show.

import type { ExitStatus } from "../../src/core/session/backend.ts"

/** Why the connection is down. Another attempt follows. */
export type Wait = "lost" | "unreachable" | "stopping" | "busy"

export type ConnectionStatus =
  | { kind: "connecting" }
  | { kind: "connected" }
  | { kind: "waiting"; until: number; reason: Wait }
  | { kind: "ended"; exit: ExitStatus; tailOpen: boolean }
  | { kind: "gone" }
  | { kind: "signed-out" }
  | { kind: "refused"; message: string }
