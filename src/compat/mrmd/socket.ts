// The WebSocket of one mrmd client. The server closes it only on an error of the client or when it stops:
// after any other close mrmd's clients reconnect and start a shell each second (contract mrmd-pty, 3.6).

import { PtylineError } from "../../core/lib/errors.ts"
import type { Session } from "../../core/session/session.ts"
import type { Attachment } from "../../core/session/viewers.ts"
import type { Socket, SocketHandler } from "../../runtime/types.ts"
import { CloseCode } from "../../wire/attach.ts"
import { parseFrame, type TerminalInput } from "./frames.ts"
import { olderPart, replayText } from "./replay.ts"
import type { Terminal, TerminalClient } from "./terminal.ts"
import { type TextStream, type TextStreamReader, textStreamOf } from "./text-stream.ts"

const MAX_FRAME = 4 << 20

/** Bound to the shell that ran when it opened, even when another one starts with the same id. */
export class TerminalSocket implements SocketHandler, TextStreamReader, TerminalClient {
  offset = 0
  readonly #terminal: Terminal
  readonly #session: Session | string
  readonly #onError: (error: unknown) => void
  #socket: Socket | null = null
  #stream: TextStream | null = null
  #attachment: Attachment | null = null

  /** `session` is a message for the person when the shell could not start. */
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
    if (!older) return this.#start(session, null)
    older.then(
      part => this.#start(session, part),
      error => {
        this.#onError(error)
        this.#start(session, null)
      },
    )
  }

  #start(session: Session, older: Parameters<typeof replayText>[1]): void {
    if (!this.#attachment) return
    this.#stream = textStreamOf(session)
    const replay = replayText(session, older, this.#stream.join(this))
    if (replay !== "") this.send(replay)
    this.drain()
  }

  message(data: string | Uint8Array): void {
    if (Buffer.byteLength(data) > MAX_FRAME)
      return this.#socket?.close(CloseCode.tooBig, `a frame is at most ${MAX_FRAME} bytes`)
    const input = parseFrame(data)
    if (input && typeof this.#session !== "string") this.#apply(this.#session, input)
  }

  drain(): void {
    this.#stream?.serve(this)
  }

  close(): void {
    this.silence()
    this.#socket = null
    this.#terminal.sockets.delete(this)
  }

  silence(): void {
    this.#stream?.leave(this)
    this.#stream = null
    this.#attachment?.detach()
    this.#attachment = null
  }

  stop(): void {
    this.#socket?.close(CloseCode.serverStops, "the server stops")
  }

  ready(): boolean {
    return this.#socket?.buffered() === 0
  }

  send(text: string): void {
    this.#socket?.send(text)
  }

  /** Input that the shell or its terminal rejects is dropped, as in the original. */
  #apply(session: Session, input: NonNullable<TerminalInput>): void {
    try {
      if (input.type === "resize") return session.resize(input.size)
      if (input.data.length === 0) return
      session.write(input.data).done.catch(error => this.#rejected(error))
      this.#terminal.touch()
    } catch (error) {
      this.#rejected(error)
    }
  }

  #rejected(error: unknown): void {
    if (!(error instanceof PtylineError)) this.#onError(error)
    else if (error.code === "limit_reached") this.#socket?.close(CloseCode.policy, error.message)
  }
}
