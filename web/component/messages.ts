// Messages that the component shows over its terminal while there is no connection.

import type { ConnectionStatus } from "../connection/status.ts"
import { statusText } from "../pane/status-text.ts"

/** Returns the message for a status. It is empty while the connection works. */
export function statusMessage(status: ConnectionStatus): string {
  if (status.kind === "connecting" || status.kind === "connected") return ""
  if (status.kind === "signed-out") return "Not signed in. Set a token, or sign in on the server's page."
  return status.kind === "waiting" ? `${statusText(status)} Trying again.` : statusText(status)
}
