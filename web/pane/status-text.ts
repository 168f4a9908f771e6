// Connection states as text.

import type { ConnectionStatus } from "../connection/status.ts"
import { exitText } from "../page/session-text.ts"

const WAITING = {
  lost: "Connection lost.",
  unreachable: "Server not reachable.",
  stopping: "The server has stopped.",
  busy: "The limit of viewers is reached.",
} as const

/** Returns one sentence for a state. The automation hook returns it too. */
export function statusText(status: ConnectionStatus): string {
  switch (status.kind) {
    case "connecting":
      return "Connecting…"
    case "connected":
      return "Connected"
    case "waiting":
      return WAITING[status.reason]
    case "ended":
      return `Session ${exitText(status.exit)}${status.tailOpen ? "; another process keeps its output open" : ""}`
    case "gone":
      return "The server does not have this session."
    case "signed-out":
      return "Signed out."
    case "refused":
      return `Refused: ${status.message}`
  }
}
