// One client's WebSocket: the shell's output as text frames, its frames as input. It is closed only when the client does something
// wrong or the server stops: mrmd's clients come back after every other close, and would so start a new shell each second (3.6).

import { PtylineError } from "../../core/lib/errors.ts"
import type { Session } from "../../core/session/session.ts"
import type { Attachment } from "../../core/session/viewers.ts"
import type { Socket, SocketHandler } from "../../http/peer.ts"
import { CloseCode } from "../../wire/attach.ts"
import { type TextStreamReader, textStreamOf, type TextStream } from "./text-stream.ts"
import { parseFrame, type TerminalInput } from "./frames.ts"
import { olderPart, replayText } from "./replay.ts"
import type { Terminal } from "./terminal.ts"

/** Largest frame a client may send, in bytes. */
const MAX_FRAME = 4 << 20

/** Bound for good to the shell that ran when it was opened, even when a new one runs under the same id. */
export class TerminalSocket implements SocketHandler, TextStreamReader {
  offset = 0
  readonly #terminal: Terminal
  readonly #session: Session | string
  readonly #onError: (error: unknown) => void
  #socket: Socket | null = null
  #stream: TextStream | null = null
  #attachment: Attachment | null = null

  /** In place of a session: why there is none, in one line for the person. */
  constructor(terminal: Terminal, session: Session | string, onError: (error: unknown) => void) {
    this.#terminal = terminal
    this.#session = session
    this.#onError = onError
  }

  open(socket: Socket): void {
    this.#socket = socket
    this.#terminal.sockets.add(this)
    const session = this.#session
    if (typeof session === "string") return socket.send(session)
    this.#attachment = session.attach(true)
    this.#terminal.touch()
    const older = olderPart(session)
    if (!older) return this.#begin(session, null)
    older.then(
      part => this.#begin(session, part),
      error => {
        this.#onError(error)
        this.#begin(session, null)
      },
    )
  }

  #begin(session: Session, older: Parameters<typeof replayText>[1]): void {
    if (!this.#attachment) return
    this.#stream = textStreamOf(session)
    const replay = replayText(session, older, this.#stream.join(this))
    if (replay !== "") this.take(replay)
    this.drain()
  }

  message(data: string | Uint8Array): void {
    if (Buffer.byteLength(data) > MAX_FRAME)
      return this.#socket?.close(CloseCode.tooBig, `a frame is at most ${MAX_FRAME} bytes`)
    const input = parseFrame(data)
    if (input && typeof this.#session !== "string") this.#obey(this.#session, input)
  }

  drain(): void {
    this.#stream?.serve(this)
  }

  close(): void {
    this.mute()
    this.#socket = null
    this.#terminal.sockets.delete(this)
  }

  /** Nothing more comes of this terminal: it was killed. The socket stays open. */
  mute(): void {
    this.#stream?.leave(this)
    this.#stream = null
    this.#attachment?.detach()
    this.#attachment = null
  }

  /** The server stops. */
  stop(): void {
    this.#socket?.close(CloseCode.serverStops, "the server stops")
  }

  ready(): boolean {
    return this.#socket?.buffered() === 0
  }

  take(text: string): void {
    this.#socket?.send(text)
  }

  /** What a shell that has ended, or a terminal, does not take is dropped, as it is by the original. */
  #obey(session: Session, input: NonNullable<TerminalInput>): void {
    try {
      if (input.type === "resize") return session.resize(input.size)
      if (input.data.length === 0) return
      session.write(input.data).done.catch(error => this.#refused(error))
      this.#terminal.touch()
    } catch (error) {
      this.#refused(error)
    }
  }

  #refused(error: unknown): void {
    if (!(error instanceof PtylineError)) this.#onError(error)
    else if (error.code === "limit_reached") this.#socket?.close(CloseCode.policy, error.message)
  }
}
