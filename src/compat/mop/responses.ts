// What MOP endpoints answer: a status and a JSON object that always carries `code`.

export type Json = Record<string, unknown>
export type MopResponse = { status: number; body: Json | string }

/** Done: 200 and code 0. */
export const done = (status: string, more: Json = {}): MopResponse => ({
  status: 200,
  body: { status, ...more, code: 0 },
})

/** A refusal or failure with the contract's status and text; thrown where it is found out, answered in one place. */
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

  get answer(): MopResponse {
    return { status: this.status, body: { status: this.message, ...this.more, code: 1 } }
  }
}
