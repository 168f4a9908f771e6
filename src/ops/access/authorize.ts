// Authorization of calls: the operation's access, the kind of caller, and the session of a share.

import { type Principal, requireAccess } from "../../core/access/principal.ts"
import { PtylineError } from "../../core/lib/errors.ts"
import type { Sessions } from "../../core/registry/sessions.ts"
import type { Session } from "../../core/session/session.ts"
import type { Context, Operation } from "../operation.ts"

/** Checks the caller before the input is read. Throws `denied`. */
export function admit(op: Operation, { access, principal }: Pick<Context, "access" | "principal">): void {
  requireAccess(access, op.access)
  if (op.by === "person" && !principal?.person)
    throw new PtylineError(
      "denied",
      `${op.name} needs a person; use the page, or a terminal of the server's user`,
    )
  if (op.by === "owner" && principal?.grant !== null)
    throw new PtylineError(
      "denied",
      `${op.name} is reserved for the server's owner; an issued token may not use it`,
    )
  if (principal?.session && !op.session)
    throw new PtylineError("denied", `a share covers one session; ${op.name} is not available to it`)
}

/** A share types under its own name. Throws `not_found` if the input names a session outside the share. */
export function confine<I extends Record<string, unknown>>(op: Operation, context: Context, input: I): I {
  const { sessions, principal } = context
  if (!principal?.session) return input
  sessionFor(principal, sessions, String(input[op.session!]))
  if (!("client" in op.input.shape)) return input
  return { ...input, client: clientOf(principal, input.client as string | undefined) }
}

/** Returns a session by id or name. Throws `not_found`, also for sessions that the caller may not see. */
export function sessionFor(principal: Principal, sessions: Sessions, asked: string): Session {
  const session = sessions.get(asked)
  if (principal.session === null || principal.session === session.id) return session
  throw new PtylineError("not_found", `no session ${JSON.stringify(asked.slice(0, 200))}`)
}

/** Returns the caller's client name. A share's name is prefixed, so it cannot pose as another client. */
export function clientOf(principal: Principal | undefined, client?: string): string | undefined {
  if (!principal?.session) return client
  return client === undefined ? principal.name : `${principal.name}/${client}`
}
