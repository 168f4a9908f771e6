// The socket of a session: output in JSON frames, input in JSON frames (contract mop, 2.4).

import type { Socket, SocketHandler } from "../../../http/peer.ts"
import type { Mop } from "../mop.ts"
import { ElementStream } from "../session/element-stream.ts"
import type { MopSession } from "../session/mop-session.ts"
import { follow } from "../session/stream.ts"
import { truth } from "./fields.ts"
import { MopError } from "../responses.ts"

const POLICY = 1008
const ENDED = 1000

/** Frames a client may send per second on average, and at once. */
const FRAMES = { perSecond: 50, burst: 100 }

export class MopSocket implements SocketHandler {
  #mop: Mop
  #mopSession: MopSession
  #feed: ElementStream
  #bucket: Bucket | null
  #onError: (error: unknown) => void
  #socket: Socket | null = null
  #stop: () => void = () => {}
  #retry: ReturnType<typeof setTimeout> | undefined

  /** `limited`: frames are counted. */
  constructor(mop: Mop, mopSession: MopSession, limited: boolean, onError: (error: unknown) => void) {
    this.#mop = mop
    this.#mopSession = mopSession
    this.#feed = new ElementStream(mopSession)
    this.#bucket = limited ? new Bucket() : null
    this.#onError = onError
  }

  open(socket: Socket): void {
    const { session, over } = this.#mopSession
    this.#socket = socket
    if (over.signal.aborted) return socket.close(ENDED, "Session ended")
    const leave = follow(this.#mop, this.#mopSession)
    const deaf = session.changed.listen(() => this.#pump())
    const ended = () => socket.close(ENDED, "Session ended")
    over.signal.addEventListener("abort", ended)
    this.#stop = () => {
      over.signal.removeEventListener("abort", ended)
      deaf()
      leave()
    }
    this.#pump()
  }

  drain(): void {
    this.#pump()
  }

  close(): void {
    this.#socket = null
    clearTimeout(this.#retry)
    this.#stop()
  }

  message(data: string | Uint8Array): void {
    if (this.#bucket && !this.#bucket.take()) return this.#socket?.close(POLICY, "Ratelimit exceeded")
    const input = inputOf(data)
    if (!input) return this.#socket?.close(POLICY, "a frame is a JSON object with a string stdin")
    try {
      this.#mopSession.write(input.stdin, input.newline).catch(error => this.#refused(error))
    } catch (error) {
      this.#refused(error)
    }
  }

  /** What the client does not take waits in the log. */
  #pump(): void {
    while (this.#socket && this.#socket.buffered() === 0) {
      const frame = this.#feed.next()
      if (!frame) return this.#askAgain()
      this.#socket.send(JSON.stringify(frame))
    }
  }

  #askAgain(): void {
    clearTimeout(this.#retry)
    const ms = this.#feed.again
    if (ms !== null) this.#retry = setTimeout(() => this.#pump(), ms)
  }

  #refused(error: unknown): void {
    if (!(error instanceof MopError)) return this.#onError(error)
    const http_status_code = error.status === 504 ? 500 : error.status
    this.#socket?.send(JSON.stringify({ status: error.message, code: 1, http_status_code }))
  }
}

/** What a frame types; null for what is no such frame. */
function inputOf(data: string | Uint8Array): { stdin: string; newline: boolean } | null {
  try {
    const frame = JSON.parse(typeof data === "string" ? data : new TextDecoder().decode(data))
    if (typeof frame?.stdin !== "string") return null
    return { stdin: frame.stdin, newline: truth(frame.newline) ?? false }
  } catch {
    return null
  }
}

/** The `Public` socket while no public session runs: an error, then the end. */
export const noPublicSession: SocketHandler = {
  open(socket) {
    socket.send(JSON.stringify({ status: "Invalid Key", code: 1, http_status_code: 404 }))
    socket.close(1011, "Invalid Key")
  },
  message() {},
  drain() {},
  close() {},
}

/** A token bucket. */
class Bucket {
  #tokens = FRAMES.burst
  #at = performance.now()

  take(): boolean {
    const now = performance.now()
    this.#tokens = Math.min(FRAMES.burst, this.#tokens + ((now - this.#at) / 1000) * FRAMES.perSecond)
    this.#at = now
    return --this.#tokens >= 0
  }
}
