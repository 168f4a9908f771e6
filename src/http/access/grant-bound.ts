// What a token opened ends with the token, on surfaces that do not know of tokens themselves: their sockets and their streams.

import type { MiddlewareHandler } from "@hono/hono"
import { PtylineError } from "../../core/lib/errors.ts"
import { CloseCode } from "../../wire/attach.ts"
import type { AppEnv, Peer, SocketHandler } from "../peer.ts"

const REVOKED = "this token was revoked"

/** The same connection; a socket that it becomes is closed with 4401 when `gone` aborts. */
export const tied = (peer: Peer, gone: AbortSignal): Peer => ({
  address: peer.address,
  trusted: peer.trusted,
  gone,
  stayOpen: () => peer.stayOpen(),
  upgrade: (handler, protocol) => peer.upgrade(tiedSocket(handler, gone), protocol),
})

/** What was on its way when the token was revoked is not obeyed. */
function tiedSocket(handler: SocketHandler, gone: AbortSignal): SocketHandler {
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

/** Ends streams when the token is gone that their request was tied to, and tells nothing to one that waited until then. */
export function tiedStreams(): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    await next()
    const { gone } = c.env.peer
    if (!gone || !c.res.body) return
    if (gone.aborted) throw new PtylineError("unauthorized", REVOKED)
    if (c.res.headers.get("content-type")?.startsWith("text/event-stream"))
      c.res = new Response(tiedBody(c.res.body, gone), c.res)
  }
}

function tiedBody(body: ReadableStream<Uint8Array>, gone: AbortSignal): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  // a read that waits resolves with the end
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
