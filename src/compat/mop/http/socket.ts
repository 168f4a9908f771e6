// The WebSocket of a MOP session: JSON frames with output and input (contract mop, 2.4).

import type { Socket, SocketHandler } from "../../../runtime/types.ts"
import type { Mop } from "../mop.ts"
import { MopError } from "../responses.ts"
import { ElementStream } from "../session/element-stream.ts"
import type { MopSession } from "../session/mop-session.ts"
import { parseBoolean } from "./fields.ts"

const POLICY = 1008
const ENDED = 1000

const FRAMES = { perSecond: 50, burst: 100 }

export class MopSocket implements SocketHandler {
  #mop: Mop
  #mopSession: MopSession
  #stream: ElementStream
  #bucket: TokenBucket | null
  #onError: (error: unknown) => void
  #socket: Socket | null = null
  #stop: () => void = () => {}
  #retry: ReturnType<typeof setTimeout> | undefined

  /** `limited` limits the rate of the client's frames. */
  constructor(mop: Mop, mopSession: MopSession, limited: boolean, onError: (error: unknown) => void) {
    this.#mop = mop
    this.#mopSession = mopSession
    this.#stream = new ElementStream(mopSession)
    this.#bucket = limited ? new TokenBucket() : null
    this.#onError = onError
  }

  open(socket: Socket): void {
    const { session, over } = this.#mopSession
    this.#socket = socket
    if (over.signal.aborted) return socket.close(ENDED, "Session ended")
    const removeStream = this.#mop.addStream(this.#mopSession)
    const unsubscribe = session.changed.listen(() => this.#pump())
    const ended = () => socket.close(ENDED, "Session ended")
    over.signal.addEventListener("abort", ended)
    this.#stop = () => {
      over.signal.removeEventListener("abort", ended)
      unsubscribe()
      removeStream()
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
    const input = parseInput(data)
    if (!input) return this.#socket?.close(POLICY, "a frame must be a JSON object with a string stdin")
    try {
      this.#mopSession.write(input.stdin, input.newline).catch(error => this.#rejected(error))
    } catch (error) {
      this.#rejected(error)
    }
  }

  /** Sends while the socket's buffer is empty. Other output waits in the log. */
  #pump(): void {
    while (this.#socket && this.#socket.buffered() === 0) {
      const frame = this.#stream.next()
      if (!frame) return this.#scheduleRetry()
      this.#socket.send(JSON.stringify(frame))
    }
  }

  #scheduleRetry(): void {
    clearTimeout(this.#retry)
    const ms = this.#stream.retryMs
    if (ms !== null) this.#retry = setTimeout(() => this.#pump(), ms)
  }

  #rejected(error: unknown): void {
    if (!(error instanceof MopError)) return this.#onError(error)
    const http_status_code = error.status === 504 ? 500 : error.status
    this.#socket?.send(JSON.stringify({ status: error.message, code: 1, http_status_code }))
  }
}

function parseInput(data: string | Uint8Array): { stdin: string; newline: boolean } | null {
  try {
    const frame = JSON.parse(typeof data === "string" ? data : new TextDecoder().decode(data))
    if (typeof frame?.stdin !== "string") return null
    return { stdin: frame.stdin, newline: parseBoolean(frame.newline) ?? false }
  } catch {
    return null
  }
}

/** The `Public` socket while no public session runs: sends an error and closes. */
export const noPublicSession: SocketHandler = {
  open(socket) {
    socket.send(JSON.stringify({ status: "Invalid Key", code: 1, http_status_code: 404 }))
    socket.close(1011, "Invalid Key")
  },
  message() {},
  drain() {},
  close() {},
}

class TokenBucket {
  #tokens = FRAMES.burst
  #at = performance.now()

  take(): boolean {
    const now = performance.now()
    this.#tokens = Math.min(FRAMES.burst, this.#tokens + ((now - this.#at) / 1000) * FRAMES.perSecond)
    this.#at = now
    return --this.#tokens >= 0
  }
}
