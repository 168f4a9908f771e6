// MOP's responses: a status and a JSON object with `code`.

export type Json = Record<string, unknown>
export type MopResponse = { status: number; body: Json | string }

/** A success: 200 with code 0. */
export const success = (status: string, more: Json = {}): MopResponse => ({
  status: 200,
  body: { status, ...more, code: 0 },
})

/** An error response with the contract's status and text. */
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
