// WebSocket frames (RFC 6455, section 5) between a worker and the core, without extensions.

export const Opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** A whole message, or a control frame. */
type WebSocketMessage = { opcode: number; payload: Uint8Array }

/** Longest message accepted, in bytes: far more than the core sends. */
const MAX_MESSAGE = 64 << 20

/** Parses a server's frames from a byte stream and joins fragments. */
export class MessageReader {
  #rest: Uint8Array = new Uint8Array(0)
  #fragments: WebSocketMessage | null = null

  /** Returns the messages that `bytes` completes. Throws on a frame that a server must not send. */
  push(bytes: Uint8Array): WebSocketMessage[] {
    let data = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    const messages: WebSocketMessage[] = []
    for (let frame = frameOf(data); frame; frame = frameOf(data)) {
      data = data.subarray(frame.size)
      const message = this.#assemble(frame)
      if (message) messages.push(message)
    }
    // a copy: Buffer.slice would share the memory
    this.#rest = new Uint8Array(data)
    return messages
  }

  #assemble({ final, opcode, payload }: Frame): WebSocketMessage | null {
    if (opcode >= Opcode.close) return { opcode, payload }
    const open = this.#fragments
    const whole = open ? { ...open, payload: Buffer.concat([open.payload, payload]) } : { opcode, payload }
    if (whole.payload.length > MAX_MESSAGE) throw new Error("message too long")
    this.#fragments = final ? null : whole
    return final ? whole : null
  }
}

type Frame = { final: boolean; opcode: number; payload: Uint8Array; size: number }

/** The first frame of `data`; null while it is incomplete. */
function frameOf(data: Uint8Array): Frame | null {
  if (data.length < 2) return null
  const short = data[1]!
  if (short > 127) throw new Error("masked frame from a server")
  const header = short === 126 ? 4 : short === 127 ? 10 : 2
  if (data.length < header) return null
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const length = header === 2 ? short : header === 4 ? view.getUint16(2) : Number(view.getBigUint64(2))
  if (length > MAX_MESSAGE) throw new Error("message too long")
  if (data.length < header + length) return null
  const payload = data.subarray(header, header + length)
  return { final: data[0]! > 127, opcode: data[0]! & 0x0f, payload, size: header + length }
}

/** Encodes a client's frame. Its mask is zero: no proxy between worker and core can misread the bytes. */
export function clientFrame(opcode: number, payload: Uint8Array): Uint8Array {
  const { length } = payload
  const header = new Uint8Array((length < 126 ? 2 : length < 65_536 ? 4 : 10) + 4)
  const view = new DataView(header.buffer)
  header[0] = 0x80 | opcode
  header[1] = 0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127)
  if (length >= 65_536) view.setBigUint64(2, BigInt(length))
  else if (length >= 126) view.setUint16(2, length)
  return Buffer.concat([header, payload])
}
