// What the component says over its terminal when there is no connection.

import type { LineStatus } from "../connection/closing.ts"

const WAITING = {
  lost: "Connection lost; trying again.",
  unreachable: "The server is not reachable; trying again.",
  stopping: "The server has stopped; trying again.",
  busy: "The server has as many viewers as it allows; trying again.",
} as const

/** Empty while all is well. */
export function statusMessage(status: LineStatus): string {
  switch (status.kind) {
    case "connecting":
    case "connected":
      return ""
    case "waiting":
      return WAITING[status.reason]
    case "ended":
      return `The program has ended (${status.exit.signal ?? status.exit.code}).`
    case "gone":
      return "There is no such session."
    case "signed-out":
      return "The server wants a token, or its page to be signed in."
    case "refused":
      return status.message
  }
}
