// MOP's responses: a status and a JSON object with `code`.

export type Json = Record<string, unknown>
export type MopResponse = { status: number; body: Json | string }

export const success = (status: string, more: Json = {}): MopResponse => ({
  status: 200,
  body: { status, ...more, code: 0 },
})

export class MopError extends Error {
  readonly status: number
  readonly more: Json
  readonly headers: Record<string, string>

  constructor(status: number, message: string, more: Json = {}, headers: Record<string, string> = {}) {
    super(message)
    this.status = status
    this.more = more
    this.headers = headers
  }

  get response(): MopResponse {
    return { status: this.status, body: { status: this.message, ...this.more, code: 1 } }
  }
}
