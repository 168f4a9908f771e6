// Runs a suite twice: with operations in this process, and over HTTP.

import { describe } from "bun:test"
import type { ErrorCode, PtylineError } from "../../src/core/lib/errors.ts"
import type { Call } from "../../src/ops/local.ts"
import { TestServer } from "../http/server.ts"

/** A server, and the function that calls its operations. */
export type Surface = { server: TestServer; call: Call }

export const SURFACES = ["local", "call"] as const

/** Runs `suite` on both surfaces. Every test opens its own server. */
export function onEverySurface(name: string, suite: (open: () => Opened) => void): void {
  for (const surface of SURFACES)
    describe(`${name}, ${surface === "local" ? "in process" : "over HTTP"}`, () =>
      suite(() => new Opened(surface)))
}

export class Opened {
  readonly server = new TestServer()
  readonly call: Call

  constructor(surface: (typeof SURFACES)[number]) {
    this.call = this.server[surface]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop()
  }
}

/** Returns the error of a call that must fail with `code`. */
export async function failing(work: Promise<unknown>, code: ErrorCode): Promise<PtylineError> {
  const error = await work.then(
    value => {
      throw new Error(`expected ${code}, got ${JSON.stringify(value)}`)
    },
    (error: PtylineError) => error,
  )
  if (error.code !== code) throw new Error(`expected ${code}, got ${error.code}: ${error.message}`)
  return error
}
