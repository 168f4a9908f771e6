// Route over mrmd's socket (contract mrmd-pty, 2.1): text frames without offsets, so each connection replays
// from the start.

import type { ClientFrame, ServerFrame } from "../../src/wire/attach.ts"
import { probe } from "../connection/probe.ts"
import { type AttachSocket, type Route, type SocketEvents, socketUrl } from "../connection/route.ts"

/** `query` holds the socket's parameters: session_id, and those that the shell is started with. */
export type MrmdTarget = { base: string; query: Record<string, string> }

export const mrmdRoute = ({ base, query }: MrmdTarget): Route => ({
  address: () => socketUrl(base, "api/pty", query),
  connect: mrmdSocket,
  probe: () => probe(`${base}api/terminals`),
})

/** The server never names the client that answers terminal queries, so this one does. */
const GREETING: ServerFrame[] = [
  {
    type: "hello",
    id: "",
    from: 0,
    base: 0,
    end: 0,
    cols: 80,
    rows: 24,
    mode: "control",
    client: "",
    lease: null,
  },
  { type: "viewers", count: 1, answers: true },
]

/** A socket that speaks the native protocol to the page and mrmd's to the server. */
function mrmdSocket(url: string, { message, closed }: SocketEvents): AttachSocket {
  const socket = new WebSocket(url)
  const tell = (frame: ServerFrame) => message(JSON.stringify(frame))
  socket.onopen = () => GREETING.forEach(tell)
  socket.onmessage = ({ data }) => message(new TextEncoder().encode(data).buffer)
  socket.onclose = ({ code, reason }) => closed(code, reason)
  const send = (data: string | Uint8Array) => {
    if (typeof data !== "string")
      return socket.send(JSON.stringify({ type: "input", data: new TextDecoder().decode(data) }))
    const frame = JSON.parse(data) as ClientFrame
    if (frame.type === "resize") socket.send(data)
    // the server confirms neither
    if (frame.type === "resize") queueMicrotask(() => tell(frame))
    if (frame.type === "ping") queueMicrotask(() => tell({ type: "pong", t: frame.t }))
  }
  return {
    get readyState() {
      return socket.readyState
    },
    send: send as WebSocket["send"],
    close: () => socket.close(),
  }
}
