// What a closed socket means: whether to come back, and what to say.

import type { ExitStatus } from "../../src/core/session/backend.ts"
import { CloseCode } from "../../src/wire/attach.ts"

/** Why the line is down and will be tried again. */
export type Wait = "lost" | "unreachable" | "stopping" | "busy"

export type LineStatus =
  | { kind: "connecting" }
  | { kind: "connected" }
  | { kind: "waiting"; until: number; reason: Wait }
  | { kind: "ended"; exit: ExitStatus; tailOpen: boolean }
  | { kind: "gone" }
  | { kind: "signed-out" }
  | { kind: "refused"; message: string }

/** The final status that a close code stands for, or the reason to try again. */
export function meaningOf(code: number, reason: string): LineStatus | Wait {
  switch (code) {
    case CloseCode.notFound:
      return { kind: "gone" }
    case CloseCode.unauthorized:
      return { kind: "signed-out" }
    case CloseCode.policy:
    case CloseCode.tooBig:
    case CloseCode.takenOver:
      return { kind: "refused", message: reason || `the server closed the line with code ${code}` }
    case CloseCode.limit:
      return "busy"
    case CloseCode.serverStops:
      return "stopping"
    default:
      return "lost"
  }
}
