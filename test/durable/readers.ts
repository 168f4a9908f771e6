// Clients that read a session to its end, one per transport, and resume at their offset after a restart.

import { createHash } from "node:crypto"
import { SUBPROTOCOL } from "../../src/wire/attach.ts"

export type Exit = { code: number | null; signal: string | null }
export type Whole = { sha: string; bytes: number; exit: Exit; cuts: number }
export type Target = { origin: string; token: string; id: string }
type Progress = (bytes: number) => void

/** Between two attempts to reach a server, in ms. */
const RETRY_MS = 20

class Received {
  offset = 0
  cuts = 0
  #hash = createHash("sha256")

  /** Adds bytes that start at `from`. Throws unless they continue at the current offset. */
  add(from: number, bytes: Uint8Array): void {
    if (from !== this.offset) throw new Error(`bytes from ${from}, expected ${this.offset}`)
    this.#hash.update(bytes)
    this.offset += bytes.length
  }

  done(exit: Exit): Whole {
    return { sha: this.#hash.digest("hex"), bytes: this.offset, exit, cuts: this.cuts }
  }
}

/** Reads by WebSocket; resumes with `from`. */
export async function readBySocket(target: Target, progress: Progress = () => {}): Promise<Whole> {
  const received = new Received()
  for (;;) {
    const exit = await oneSocket(target, received, progress)
    if (exit) return received.done(exit)
    received.cuts++
    await Bun.sleep(RETRY_MS)
  }
}

function oneSocket(
  { origin, token, id }: Target,
  received: Received,
  progress: Progress,
): Promise<Exit | null> {
  const url = `${origin.replace("http", "ws")}/v1/sessions/${id}/attach?mode=view&from=${received.offset}`
  const options = { headers: { authorization: `Bearer ${token}` }, protocols: [SUBPROTOCOL] }
  const socket = new WebSocket(url, options as never)
  socket.binaryType = "arraybuffer"
  const { promise, resolve, reject } = Promise.withResolvers<Exit | null>()
  let exit: Exit | null = null
  socket.onmessage = ({ data }) => {
    try {
      if (typeof data !== "string") received.add(received.offset, new Uint8Array(data as ArrayBuffer))
      else exit = control(JSON.parse(data), received) ?? exit
      progress(received.offset)
    } catch (error) {
      reject(error)
    }
  }
  socket.onclose = () => resolve(exit)
  return promise
}

function control(frame: { type: string; from?: number } & Exit, received: Received): Exit | null {
  if (frame.type === "gap") throw new Error(`a gap: ${JSON.stringify(frame)}`)
  if (frame.type === "hello" && frame.from !== received.offset)
    throw new Error(`hello at ${frame.from}, expected ${received.offset}`)
  return frame.type === "exit" ? { code: frame.code, signal: frame.signal } : null
}

/** Reads server-sent events; resumes with Last-Event-ID. */
export async function readByEvents(target: Target): Promise<Whole> {
  const received = new Received()
  for (;;) {
    const exit = await oneStream(target, received).catch(error => rethrowFaults(error))
    if (exit) return received.done(exit)
    received.cuts++
    await Bun.sleep(RETRY_MS)
  }
}

/** Throws errors about wrong bytes; returns null for a broken connection, which these tests expect. */
function rethrowFaults(error: unknown): null {
  if (error instanceof Error && /^(bytes from|a gap)/.test(error.message)) throw error
  return null
}

async function oneStream({ origin, token, id }: Target, received: Received): Promise<Exit | null> {
  const headers = { authorization: `Bearer ${token}`, "last-event-id": String(received.offset) }
  const response = await fetch(`${origin}/v1/sessions/${id}/stream`, { headers })
  const decoder = new TextDecoder()
  let text = ""
  for await (const piece of response.body!) {
    text += decoder.decode(piece, { stream: true })
    const events = text.split("\n\n")
    text = events.pop()!
    for (const event of events) {
      const exit = takeEvent(event, received)
      if (exit) return exit
    }
  }
  return null
}

function takeEvent(event: string, received: Received): Exit | null {
  const name = /^event: (.*)$/m.exec(event)?.[1]
  const data = /^data: (.*)$/m.exec(event)?.[1]
  if (!data) return null
  const value = JSON.parse(data)
  if (name === "gap") throw new Error(`a gap: ${data}`)
  if (name === "output") received.add(value.from, Buffer.from(value.data, "base64"))
  return name === "exit" ? { code: value.code, signal: value.signal } : null
}

/** Reads by polling; resumes with `from`. */
export async function readByPolls({ origin, token, id }: Target): Promise<Whole> {
  const received = new Received()
  const headers = { authorization: `Bearer ${token}` }
  for (;;) {
    const query = `from=${received.offset}&wait_ms=1000&encoding=base64&max_bytes=1000000`
    const response = await fetch(`${origin}/v1/sessions/${id}/output?${query}`, { headers }).catch(() => null)
    const page = response?.ok ? await response.json().catch(() => null) : null
    if (!page) {
      received.cuts++
      await Bun.sleep(RETRY_MS)
      continue
    }
    if (page.gap) throw new Error(`a gap: ${JSON.stringify(page.gap)}`)
    received.add(page.from, Buffer.from(page.data, "base64"))
    if (page.exit) return received.done(page.exit)
  }
}
