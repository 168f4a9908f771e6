// A program in a pane: its bytes come and go through the pane's pipe, everything else by its process id.

import { closeSync, constants, openSync, rmSync, writeSync } from "node:fs"
import { delay } from "../../core/lib/wake.ts"
import type { ExitStatus, Process, Signal, Sink, Size, Spec } from "../../core/session/backend.ts"
import { drain, makeFifo } from "../pipe/os-pipe.ts"
import { awaitsInput } from "../process/input-wait.ts"
import { signalTerminal } from "../process/signals.ts"
import { type Root, rootOf, terminateTree } from "../process/tree.ts"
import { InputQueue } from "../terminal/input.ts"
import { LineLimit } from "../terminal/line-limit.ts"
import { LIBC, type Tty, ttyOf } from "../terminal/tty.ts"
import { EndMark } from "./end-mark.ts"
import type { TmuxPane, TmuxServer } from "./server.ts"

/** What a terminal's input buffer takes at once, and how much of it may be unread before more comes. */
const PIECE = 2048
/** A key need not be waited for. */
const KEY = 256
const EOT = 0x04
/** Both ends' names in the server's directory. */
const [OUT, IN] = [".out", ".in"]

/** The pipe of one pane, made before the pane so that not a byte is lost. */
export class PanePipe {
  readonly window: string
  readonly input: number
  #reader: number
  #keep: number
  #paths: string[]

  constructor(server: TmuxServer, window: string) {
    this.window = window
    this.#paths = [OUT, IN].map(end => server.path(window + end))
    for (const path of this.#paths) {
      rmSync(path, { force: true })
      makeFifo(path)
    }
    const [out, input] = this.#paths as [string, string]
    this.#reader = openSync(out, constants.O_RDONLY | constants.O_NONBLOCK)
    this.#keep = openSync(out, constants.O_WRONLY | constants.O_NONBLOCK)
    this.input = openSync(input, constants.O_RDWR | constants.O_NONBLOCK)
  }

  /** What tmux gives the pane's output to, and takes its input from. It says when the last byte is through. */
  static command(server: TmuxServer, window: string): string {
    const [out, input, events] = [
      server.shellPath(window + OUT),
      server.shellPath(window + IN),
      server.shellPath("events"),
    ]
    return `cat <${input} & cat >${out}; echo ${window} 1<>${events}; kill $!`
  }

  /** Resolves after the last byte. */
  read(signal: AbortSignal, take: (bytes: Uint8Array) => void): Promise<void> {
    return drain(this.#reader, signal, take)
  }

  /** The other side is done: what it wrote is still to be read, and then the end. */
  finish(): void {
    if (this.#keep >= 0) closeSync(this.#keep)
    this.#keep = -1
  }

  close(): void {
    this.finish()
    closeSync(this.input)
    for (const path of this.#paths) rmSync(path, { force: true })
  }
}

export class TmuxProcess implements Process {
  readonly pid: number
  #server: TmuxServer
  #pane: TmuxPane
  #pipe: PanePipe
  #sink: Sink
  #root: Root
  #mark: EndMark
  #tty: Tty | null
  #line = new LineLimit()
  #input = new InputQueue(PIECE, piece => this.#send(piece))
  #abandon = new AbortController()
  #deaf: () => void
  /** Of the piece that the queue still counts. */
  #handed = 0
  #exited = false
  #closed = false

  constructor(
    server: TmuxServer,
    pane: TmuxPane,
    pipe: PanePipe,
    sink: Sink,
    sessionId: string,
    spec?: Spec,
  ) {
    this.pid = pane.pid
    this.#server = server
    this.#pane = pane
    this.#pipe = pipe
    this.#sink = sink
    this.#root = rootOf(pane.pid, sessionId)
    this.#tty = ttyOf(pane.pid, LIBC)
    // the script does the same before the program starts; this is for what is typed before that
    if (spec?.raw) this.#tty?.raw()
    else if (spec?.echo === false) this.#tty?.echoOff()
    this.#mark = new EndMark(pane.nonce)
    this.#deaf = server.listen(pane.window, () => pipe.finish())
    void pipe.read(this.#abandon.signal, bytes => this.#output(bytes)).then(() => this.#ended())
  }

  write(data: Uint8Array): void {
    if (this.#closed) return
    if (this.#tty?.lineMode) this.#line.check(data)
    else this.#line.reset()
    this.#input.push(data)
  }

  awaitsInput(): boolean | null {
    return awaitsInput(this.pid)
  }

  pending(): number {
    return Math.max(0, this.#input.pending - this.#handed)
  }

  eof(): void {
    this.write(Uint8Array.of(EOT))
  }

  resize({ cols, rows }: Size): void {
    if (this.#exited) return
    void this.#server.post("resize-window", "-t", this.#target, "-x", `${cols}`, "-y", `${rows}`)
  }

  signal(name: Signal): void {
    if (!this.#exited) signalTerminal(this.pid, name)
  }

  terminate(graceMs: number): Promise<void> {
    return terminateTree(this.#root, graceMs)
  }

  /** The pane goes on where it is: only this side of its pipe is given up. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#deaf()
    this.#input.close()
    this.#tty?.close()
    this.#abandon.abort()
    this.#pipe.close()
  }

  get #target(): string {
    return `=${this.#pane.group}:=${this.#pane.window}`
  }

  #output(bytes: Uint8Array): void {
    const { own, code } = this.#mark.pass(bytes)
    if (own.length > 0 && !this.#exited) this.#sink.output(own, "pty")
    if (code !== null) this.#exit({ code, signal: null })
  }

  /** The pane has said its last and is not needed any more; its end closes the pipe. */
  #exit(status: ExitStatus): void {
    if (this.#exited) return
    this.#exited = true
    this.#tty?.close()
    void this.#server.post("kill-window", "-t", this.#target)
    this.#sink.exit(status)
  }

  /** Without a word of the pane's own its script was killed, as nothing else can end it, or tmux is gone and hung up. */
  #ended(): void {
    if (this.#closed) return
    const rest = this.#mark.rest()
    if (rest.length > 0 && !this.#exited) this.#sink.output(rest, "pty")
    this.#exit({ code: null, signal: this.#server.alive() ? "SIGKILL" : "SIGHUP" })
    this.#sink.end()
  }

  async #send(piece: Uint8Array): Promise<void> {
    this.#handed = 0
    for (let at = 0; at < piece.length && !this.#closed; ) {
      const written = writeSome(this.#pipe.input, piece.subarray(at))
      at += written
      this.#handed = at
      if (at < piece.length) await delay(5)
    }
    if (piece.length > KEY) await this.#taken()
    this.#handed = 0
  }

  async #taken(): Promise<void> {
    // what tmux is given it keeps in memory, however much: so it gets no more than the program reads
    await delay(1)
    while (!this.#closed && !this.#exited && (this.#tty?.unread ?? 0) > PIECE / 2) await delay(5)
  }
}

function writeSome(descriptor: number, bytes: Uint8Array): number {
  try {
    return writeSync(descriptor, bytes)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") return 0
    throw error
  }
}
