// Whether a caller may have an operation: its access, what kind of caller it takes, and for a share the one session it is for.

import { type Principal, requireAccess } from "../../core/access/principal.ts"
import { PtylineError } from "../../core/lib/errors.ts"
import type { Sessions } from "../../core/registry/sessions.ts"
import type { Session } from "../../core/session/session.ts"
import type { Context, Operation } from "../operation.ts"

/** Before anything is read of what was asked. Throws `denied`. */
export function admit(op: Operation, { access, principal }: Pick<Context, "access" | "principal">): void {
  requireAccess(access, op.access)
  if (op.by === "person" && !principal?.person)
    throw new PtylineError(
      "denied",
      `${op.name} is for a person: on the page, or in a terminal of the server's user`,
    )
  if (op.by === "owner" && principal?.grant !== null)
    throw new PtylineError(
      "denied",
      `${op.name} is for the server's owner, not for a token that was given away`,
    )
  if (principal?.session && !op.session)
    throw new PtylineError("denied", `a share is for one session, and ${op.name} is not about that`)
}

/** The input as this caller may send it. Of sessions that are not its own a share learns nothing. Throws `not_found`. */
export function confine<I extends Record<string, unknown>>(op: Operation, context: Context, input: I): I {
  const { sessions, principal } = context
  if (!principal?.session) return input
  sessionFor(principal, sessions, String(input[op.session!]))
  if (!("client" in op.input.shape)) return input
  return { ...input, client: clientOf(principal, input.client as string | undefined) }
}

/** The session by id or name, of those that the caller may know of. Throws `not_found`. */
export function sessionFor(principal: Principal, sessions: Sessions, asked: string): Session {
  const session = sessions.get(asked)
  if (principal.session === null || principal.session === session.id) return session
  throw new PtylineError("not_found", `no session ${JSON.stringify(asked.slice(0, 200))}`)
}

/** What a caller is called when it types: a share cannot call itself what somebody else is called. */
export function clientOf(principal: Principal | undefined, client?: string): string | undefined {
  if (!principal?.session) return client
  return client === undefined ? principal.name : `${principal.name}/${client}`
}
