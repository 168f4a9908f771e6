// The library's client: every operation of a server as a method, and sessions followed across every break. Web standards only, so that
// it runs in Bun, Node 20, Deno and browsers.

import { type ClientOptions, httpCall } from "../http/api/client.ts"
import type { OperationName } from "../ops/index.ts"
import type { Call, OperationInput, OperationOutput } from "../ops/local.ts"
import { PATHS } from "../ops/paths.ts"
import { type ClientEvent, type FollowOptions, follow } from "./follow.ts"

type Methods = { [N in OperationName]: (input: OperationInput<N>) => Promise<OperationOutput<N>> }

export type PtylineClient = Methods & {
  /** An operation by its name. */
  call: Call
  /**
   * What a session prints and what happens to it, from an offset on, in order and each byte once; ends after `exit`. A broken
   * connection is taken up where it was, with growing pauses; what cannot get better (no such session, no access) is thrown.
   */
  follow(id: string, options?: FollowOptions): AsyncGenerator<ClientEvent, void>
}

/** A client of the server at `url`, which may have a path, say of an app that mounts it. Calls reject with `PtylineError`. */
export function ptylineClient(url: string, options: ClientOptions = {}): PtylineClient {
  const call = httpCall(url, options)
  const names = Object.keys(PATHS) as OperationName[]
  const methods = Object.fromEntries(
    names.map(name => [name, (input: OperationInput<typeof name>) => call(name, input)]),
  )
  return {
    ...(methods as unknown as Methods),
    call,
    follow: (id, wishes = {}) => follow({ url, ...options }, id, wishes),
  }
}
