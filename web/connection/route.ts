// How to reach a session from this page.

import { SUBPROTOCOL } from "../../src/wire/attach.ts"
import type { ProbeResult } from "./probe.ts"

export interface Route {
  /** The socket's URL, with the offset to resume at. Rejects when there is none for now. */
  address(from: number | null): string | Promise<string>
  /** Opens a socket of another protocol, which cannot resume; missing: the native protocol. */
  connect?: typeof nativeSocket
  /** Why a socket could not be opened. */
  probe(): Promise<ProbeResult>
}

export type AttachSocket = Pick<WebSocket, "readyState" | "send" | "close">

export type SocketEvents = {
  message(data: ArrayBuffer | string): void
  closed(code: number, reason: string): void
}

export function nativeSocket(url: string, { message, closed }: SocketEvents): AttachSocket {
  const socket = new WebSocket(url, SUBPROTOCOL)
  socket.binaryType = "arraybuffer"
  socket.onmessage = ({ data }) => message(data)
  socket.onclose = ({ code, reason }) => closed(code, reason)
  return socket
}

/** The attach URL of a session on the server at `base`, which ends with a slash. */
export function attachUrl(
  base: string,
  id: string,
  from: number | null,
  query: Record<string, string>,
): string {
  const resume: Record<string, string> = from === null ? {} : { from: String(from) }
  return socketUrl(base, `v1/sessions/${encodeURIComponent(id)}/attach`, {
    snapshot: "auto",
    ...query,
    ...resume,
  })
}

export function socketUrl(base: string, path: string, query: Record<string, string>): string {
  const url = new URL(`${path}?${new URLSearchParams(query)}`, base)
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:"
  return url.href
}
