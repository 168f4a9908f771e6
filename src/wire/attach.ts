// The terminal socket, subprotocol ptyline.v1: its control frames and close codes. Binary frames are terminal bytes.
// Shared by the server, the typed client and the page, so it depends on nothing.

export const SUBPROTOCOL = "ptyline.v1"

/** Largest frame a client may send, in bytes; a larger one is closed with `CloseCode.tooBig`. */
export const MAX_ATTACH_FRAME = 1 << 20
/** Bytes a client that acknowledges may have received and not yet parsed. */
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

/** Who alone may type, since when (ISO 8601), and why. */
export type LeaseState = { client: string; since: string; reason: string | null }

/**
 * Server to client. Offsets count output bytes since the session's birth. `hello.end` is the log's end at that moment:
 * bytes before it are replay, and terminal queries in them have been blanked out. `hello.cols` and `hello.rows` are the
 * size now; when there is replay, a `resize` right after says the size its first byte was made for, and later ones follow
 * at their places: full-screen programs only replay right at the sizes they drew for.
 * `snapshot.data` is a VT sequence that makes a terminal of that size look as the session's did at `offset`, whatever it showed
 * before; bytes go on at `offset`. It comes right after the greeting (`hello.from` is its offset then) or after a gap.
 * `hello.client` is what this socket's client is called: as its query said, else a name made up for it. `lease` says who holds
 * the line (null: nobody) and how that came: `from` had it before. While another client holds it, input, resize and signal
 * get an error `held`.
 * `relaunch`: what comes behind it is printed by a further process of the session, on a terminal as new. `exit.lost`: the process
 * vanished and nobody saw how, so code and signal are both null.
 * `viewers.answers` tells a client whether it is the one that answers live terminal queries.
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
  | { type: "gap"; from: number; to: number }
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

/** Client to server. `ack.offset`: every byte before it has been parsed. `take` takes the lease from whoever holds it. */
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

/** The frame in `text`, or a sentence that says what is wrong with it. */
export function parseClientFrame(text: string): ClientFrame | { malformed: string } {
  const value = parseJson(text)
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return { malformed: `a control frame is a JSON object, got ${shorten(text)}` }
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
