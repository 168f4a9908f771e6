// Revocation for surfaces without grants: ends the sockets and streams of a revoked caller.

import type { MiddlewareHandler } from "@hono/hono"
import { PtylineError } from "../../core/lib/errors.ts"
import type { SocketHandler } from "../../runtime/types.ts"
import { CloseCode } from "../../wire/attach.ts"
import type { AppEnv, Peer } from "../peer.ts"

const REVOKED = "this token was revoked"

/** Returns the same peer, whose sockets are closed with 4401 when `gone` aborts. */
export const grantBound = (peer: Peer, gone: AbortSignal): Peer => ({
  address: peer.address,
  trusted: peer.trusted,
  gone,
  stayOpen: () => peer.stayOpen(),
  upgrade: (handler, protocol) => peer.upgrade(boundSocket(handler, gone), protocol),
})

/** Ignores messages that arrive after the revocation. */
function boundSocket(handler: SocketHandler, gone: AbortSignal): SocketHandler {
  let cut = () => {}
  return {
    open(socket) {
      cut = () => socket.close(CloseCode.unauthorized, REVOKED)
      if (gone.aborted) return cut()
      gone.addEventListener("abort", cut)
      handler.open(socket)
    },
    message: data => (gone.aborted ? undefined : handler.message(data)),
    drain: () => (gone.aborted ? undefined : handler.drain()),
    close() {
      gone.removeEventListener("abort", cut)
      handler.close()
    },
  }
}

/** Ends event streams when their grant is revoked. A response pending then becomes `unauthorized`. */
export function boundStreams(): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    await next()
    const { gone } = c.env.peer
    if (!gone || !c.res.body) return
    if (gone.aborted) throw new PtylineError("unauthorized", REVOKED)
    if (c.res.headers.get("content-type")?.startsWith("text/event-stream"))
      c.res = new Response(boundBody(c.res.body, gone), c.res)
  }
}

function boundBody(body: ReadableStream<Uint8Array>, gone: AbortSignal): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  // a pending read resolves with the end of the stream
  const cut = () => void reader.cancel().catch(() => {})
  gone.addEventListener("abort", cut)
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read()
        if (!done) return controller.enqueue(value)
        gone.removeEventListener("abort", cut)
        controller.close()
      },
      cancel(reason) {
        gone.removeEventListener("abort", cut)
        return reader.cancel(reason)
      },
    },
    { highWaterMark: 1 },
  )
}
