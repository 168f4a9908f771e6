// Attach protocol, subprotocol ptyline.v1: control frames and close codes. Binary frames are terminal bytes.
// Shared by the server, the clients and the page, so it imports nothing.

export const SUBPROTOCOL = "ptyline.v1"

/** Largest frame that a client may send, in bytes; a larger one closes the socket with `CloseCode.tooBig`. */
export const MAX_ATTACH_FRAME = 1 << 20
/** Most bytes sent ahead of an acknowledgement. A client that never acknowledges has no limit. */
export const WINDOW_WITH_ACKS = 512 << 10

export const CloseCode = {
  ended: 1000,
  serverStops: 1001,
  policy: 1008,
  tooBig: 1009,
  unauthorized: 4401,
  notFound: 4404,
  takenOver: 4409,
  limit: 4429,
} as const

export type Mode = "view" | "control"

/** The client that alone may type, since when (ISO 8601), and why. */
export type LeaseState = { client: string; since: string; reason: string | null }

/**
 * Server to client. Offsets count output bytes since the session started.
 *
 * `hello.end` is the end of the log at that moment. Bytes before it are replay, with terminal queries blanked
 * out. `hello.cols` and `hello.rows` are the current size. With replay, a `resize` right after gives the size
 * that its first byte was made for, and later sizes follow at their places: output of full-screen programs
 * only looks right at the size it was made for. `hello.client` is this client's name: from its query, or
 * generated.
 *
 * `snapshot.data` is a VT sequence that redraws the session's screen as it was at `offset`, whatever the
 * terminal showed before; bytes continue at `offset`. It comes right after the hello, whose `from` is then
 * its offset, or after a gap. `gap.reason` says why bytes are missing: see `core/log/gap.ts`.
 *
 * `lease` says which client owns the lease (null: none) and how that came about; `from` owned it before.
 * While another client owns it, input, resize and signal are rejected with an error `held`.
 *
 * `relaunch`: a new process of the session prints what follows, on a reset terminal. `exit.lost`: the process
 * vanished and its exit is unknown, so code and signal are both null. `viewers.answers` tells a client
 * whether it is the one that answers live terminal queries.
 */
export type ServerFrame =
  | {
      type: "hello"
      id: string
      from: number
      base: number
      end: number
      cols: number
      rows: number
      mode: Mode
      client: string
      lease: LeaseState | null
    }
  | { type: "gap"; from: number; to: number; reason: "trimmed" | "disk" | "damage" | "slow_viewer" }
  | { type: "snapshot"; offset: number; cols: number; rows: number; data: string }
  | { type: "resize"; cols: number; rows: number }
  | { type: "title"; title: string }
  | { type: "relaunch"; launch: number }
  | {
      type: "lease"
      lease: LeaseState | null
      event: "attach" | "detach" | "handoff" | "takeover"
      from: string | null
      reason: string | null
    }
  | { type: "viewers"; count: number; answers: boolean }
  | { type: "exit"; code: number | null; signal: string | null; end: number; tail_open: boolean; lost?: true }
  | { type: "pong"; t: number }
  | { type: "error"; code: string; message: string }

export type FrameOf<T extends ServerFrame["type"]> = Extract<ServerFrame, { type: T }>

/** Client to server. `ack.offset`: all bytes before it are parsed. `take` takes the lease from its owner. */
export type ClientFrame =
  | { type: "resize"; cols: number; rows: number }
  | { type: "signal"; signal: string }
  | { type: "ack"; offset: number }
  | { type: "take" }
  | { type: "release" }
  | { type: "ping"; t: number }

const FIELDS: Record<ClientFrame["type"], Record<string, "number" | "string">> = {
  resize: { cols: "number", rows: "number" },
  signal: { signal: "string" },
  ack: { offset: "number" },
  take: {},
  release: {},
  ping: { t: "number" },
}

/** Parses a client's control frame. Returns a description of the fault for an invalid one. */
export function parseClientFrame(text: string): ClientFrame | { malformed: string } {
  const value = parseJson(text)
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return { malformed: `a control frame must be a JSON object, got ${shorten(text)}` }
  const frame = value as Record<string, unknown>
  const known = typeof frame.type === "string" && Object.hasOwn(FIELDS, frame.type)
  const fields = known ? FIELDS[frame.type as ClientFrame["type"]] : null
  if (!fields)
    return { malformed: `unknown frame type ${shorten(JSON.stringify(frame.type) ?? "undefined")}` }
  for (const [name, type] of Object.entries(fields))
    if (typeof frame[name] !== type) return { malformed: `${frame.type}.${name} must be a ${type}` }
  return frame as ClientFrame
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const shorten = (text: string) => (text.length > 60 ? `${text.slice(0, 60)}…` : text)
