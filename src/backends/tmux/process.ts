// Process in a tmux pane: bytes pass through the pane's pipe, everything else uses the process id.

import { closeSync, constants, openSync, rmSync, writeSync } from "node:fs"
import { readDescriptor } from "#runtime/descriptors.ts"
import { delay } from "../../core/lib/wake.ts"
import type { ExitStatus, Sink, Size, Spec } from "../../core/session/backend.ts"
import { makeFifo } from "../../runtime/shared/os-pipe.ts"
import type { DescriptorReader } from "../../runtime/types.ts"
import { LIBC, type Tty, ttyOf } from "../terminal/tty.ts"
import { TtyProcess } from "../terminal/tty-process.ts"
import { EndMark } from "./end-mark.ts"
import { type TmuxPane, type TmuxServer, targetOf } from "./server.ts"

/** Half of a terminal's input buffer: the size of a piece. */
const PIECE = 2048
/** A piece up to this size, in bytes, does not wait until the program has read it. */
const KEY = 256
/** File names of both FIFOs in the server's directory. */
const [OUT, IN] = [".out", ".in"]

/** The pipe of one pane. It exists before the pane, so that no byte is lost. */
export class PanePipe {
  readonly window: string
  readonly input: number
  readonly #reader: DescriptorReader
  /** Keeps the output FIFO open until `finish`. */
  #writer: number
  #paths: string[]

  constructor(server: TmuxServer, window: string) {
    this.window = window
    this.#paths = [OUT, IN].map(end => server.path(window + end))
    for (const path of this.#paths) {
      rmSync(path, { force: true })
      makeFifo(path)
    }
    const [out, input] = this.#paths as [string, string]
    this.#reader = readDescriptor(openSync(out, constants.O_RDONLY | constants.O_NONBLOCK))
    this.#writer = openSync(out, constants.O_WRONLY | constants.O_NONBLOCK)
    this.input = openSync(input, constants.O_RDWR | constants.O_NONBLOCK)
  }

  /** Returns the command that tmux connects to the pane. It writes an event after the last byte. */
  static command(server: TmuxServer, window: string): string {
    const [out, input, events] = [
      server.shellPath(window + OUT),
      server.shellPath(window + IN),
      server.shellPath("events"),
    ]
    return `cat <${input} & cat >${out}; echo ${window} 1<>${events}; kill $!`
  }

  /** Resolves after the last byte, or after `close`. */
  async read(take: (bytes: Uint8Array) => void): Promise<void> {
    for (let bytes = await this.#reader.read(); bytes; bytes = await this.#reader.read()) take(bytes)
    this.#reader.close()
  }

  /** Lets `read` end after the bytes already in the pipe. Call it after the pane's last byte. */
  finish(): void {
    if (this.#writer >= 0) closeSync(this.#writer)
    this.#writer = -1
  }

  close(): void {
    this.finish()
    this.#reader.close()
    closeSync(this.input)
    for (const path of this.#paths) rmSync(path, { force: true })
  }
}

export class TmuxProcess extends TtyProcess {
  #server: TmuxServer
  #pane: TmuxPane
  #pipe: PanePipe
  #sink: Sink
  #mark: EndMark
  #tty: Tty | null
  #unsubscribe: () => void
  /** Bytes already handed over from the piece that the queue still counts. */
  #handedOver = 0

  constructor(
    server: TmuxServer,
    pane: TmuxPane,
    pipe: PanePipe,
    sink: Sink,
    sessionId: string,
    spec?: Spec,
  ) {
    super(PIECE)
    this.started(pane.pid, sessionId)
    this.#server = server
    this.#pane = pane
    this.#pipe = pipe
    this.#sink = sink
    this.#tty = ttyOf(pane.pid, LIBC)
    // the pane's script does this too, before the program starts; this covers earlier input
    if (spec?.raw) this.#tty?.raw()
    else if (spec?.echo === false) this.#tty?.echoOff()
    this.#mark = new EndMark(pane.nonce)
    this.#unsubscribe = server.listen(pane.window, () => pipe.finish())
    void pipe.read(bytes => this.#output(bytes)).then(() => this.#ended())
  }

  protected get lineMode(): boolean {
    return this.#tty?.lineMode === true
  }

  override pending(): number {
    return Math.max(0, super.pending() - this.#handedOver)
  }

  resize({ cols, rows }: Size): void {
    if (this.exited) return
    void this.#server.post("resize-window", "-t", targetOf(this.#pane), "-x", `${cols}`, "-y", `${rows}`)
  }

  /** Closes this side of the pipe. The pane continues. */
  protected release(): void {
    this.#unsubscribe()
    this.#tty?.close()
    this.#pipe.close()
  }

  #output(bytes: Uint8Array): void {
    const { own, code } = this.#mark.pass(bytes)
    if (own.length > 0 && !this.exited) this.#sink.output(own, "pty")
    if (code !== null) this.#exit({ code, signal: null })
  }

  /** Kills the pane, which has written its last byte. That closes the pipe. */
  #exit(status: ExitStatus): void {
    if (this.exited) return
    this.exited = true
    this.#tty?.close()
    void this.#server.post("kill-window", "-t", targetOf(this.#pane))
    this.#sink.exit(status)
  }

  /** Without an end mark either the pane's script was killed, or tmux exited and hung up. */
  #ended(): void {
    if (this.closed) return
    const rest = this.#mark.rest()
    if (rest.length > 0 && !this.exited) this.#sink.output(rest, "pty")
    this.#exit({ code: null, signal: this.#server.alive() ? "SIGKILL" : "SIGHUP" })
    this.#sink.end()
  }

  protected async send(piece: Uint8Array): Promise<void> {
    this.#handedOver = 0
    for (let at = 0; at < piece.length && !this.closed; ) {
      at += writeSome(this.#pipe.input, piece.subarray(at))
      this.#handedOver = at
      if (at < piece.length) await delay(5)
    }
    if (piece.length > KEY) await this.#taken()
    this.#handedOver = 0
  }

  /** Resolves when the program has read enough. tmux would buffer any amount of input. */
  async #taken(): Promise<void> {
    await delay(1)
    while (!this.closed && !this.exited && (this.#tty?.unread ?? 0) > PIECE / 2) await delay(5)
  }
}

/** Returns the number of bytes written; 0 when the descriptor is full. */
function writeSome(descriptor: number, bytes: Uint8Array): number {
  try {
    return writeSync(descriptor, bytes)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") return 0
    throw error
  }
}
