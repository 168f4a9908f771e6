// A copy of the mrmd editor's client (contract mrmd-pty, 3.4 and 3.6): it reconnects after every close that
// it did not start, and cuts pastes into pieces.

const PIECE = 2048
const PIECE_MS = 6
const FIRST_RETRY_MS = 1000
const MAX_RETRIES = 10

export class EditorClient {
  /** The received frames. */
  readonly received: unknown[] = []
  connects = 0
  #base: string
  #id: string
  #socket: WebSocket | null = null
  #wanted = false
  #tries = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  /** `base`: for example http://127.0.0.1:8765, with or without a path. */
  constructor(base: string, id: string) {
    this.#base = base
    this.#id = id
  }

  get text(): string {
    return this.received.join("")
  }

  get connected(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN
  }

  connect(): Promise<void> {
    this.#wanted = true
    const query = new URLSearchParams({ session_id: this.#id })
    const socket = new WebSocket(`${this.#base.replace(/^http/, "ws")}/api/pty?${query}`)
    this.#socket = socket
    socket.onmessage = ({ data }) => this.received.push(data)
    socket.onclose = () => socket === this.#socket && this.#retry()
    return new Promise(resolve => {
      socket.onopen = () => {
        this.connects++
        this.#tries = 0
        this.resize(80, 24)
        resolve()
      }
    })
  }

  #retry(): void {
    if (!this.#wanted || this.#tries >= MAX_RETRIES) return
    this.#timer = setTimeout(() => void this.connect(), FIRST_RETRY_MS * 2 ** this.#tries++)
  }

  /** Resolves after the last piece was sent. */
  async write(data: string): Promise<void> {
    for (let at = 0; at < data.length; at += PIECE) {
      this.#send({ type: "input", data: data.slice(at, at + PIECE) })
      if (data.length > PIECE) await Bun.sleep(PIECE_MS)
    }
  }

  resize(cols: number, rows: number): void {
    this.#send({ type: "resize", cols, rows })
  }

  #send(frame: unknown): void {
    this.#socket?.send(JSON.stringify(frame))
  }

  disconnect(): void {
    this.#wanted = false
    clearTimeout(this.#timer)
    this.#socket?.close()
    this.#socket = null
  }

  async kill(): Promise<void> {
    this.disconnect()
    const headers = { "content-type": "application/json" }
    const body = JSON.stringify({ session_id: this.#id })
    await fetch(`${this.#base}/api/pty/kill`, { method: "POST", headers, body })
  }
}
