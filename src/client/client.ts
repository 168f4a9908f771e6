// The library's client: every operation as a method, and sessions followed across reconnections.
// Uses web standards only, so that it runs in Bun, Node 20, Deno and browsers.

import { type ClientOptions, httpCall } from "../http/api/client.ts"
import type { OperationName } from "../ops/index.ts"
import type { Call, OperationInput, OperationOutput } from "../ops/local.ts"
import { PATHS } from "../ops/paths.ts"
import { type ClientEvent, type FollowOptions, follow } from "./follow.ts"

type Methods = { [N in OperationName]: (input: OperationInput<N>) => Promise<OperationOutput<N>> }

export type PtylineClient = Methods & {
  /** Calls an operation by name. */
  call: Call
  /**
   * Yields a session's output and events from an offset, in order and exactly once; ends after `exit`.
   * Resumes after a broken connection, with growing pauses. Throws on permanent errors (no such session, no
   * access).
   */
  follow(id: string, options?: FollowOptions): AsyncGenerator<ClientEvent, void>
}

/** Creates a client of the server at `url`, which may have a mount path. Calls reject with `PtylineError`. */
export function ptylineClient(url: string, options: ClientOptions = {}): PtylineClient {
  const call = httpCall(url, options)
  const names = Object.keys(PATHS) as OperationName[]
  const methods = Object.fromEntries(
    names.map(name => [name, (input: OperationInput<typeof name>) => call(name, input)]),
  )
  return {
    ...(methods as unknown as Methods),
    call,
    follow: (id, request = {}) => follow({ url, ...options }, id, request),
  }
}
