// Requests to other servers, with the options that only Bun's clients have.

import type { DialFetch, DialWebSocket } from "../types.ts"

export const dialFetch: DialFetch = (url, { unix, raw, ...init } = {}) =>
  fetch(url, {
    ...init,
    timeout: false,
    ...(unix !== undefined && { unix }),
    ...(raw && { decompress: false }),
  } as RequestInit)

export const dialWebSocket: DialWebSocket = (url, { unix, ...options }) => {
  const { pathname, search } = new URL(url)
  const address = unix === undefined ? url : `ws+unix://${unix}:${pathname}${search}`
  return new WebSocket(address, options as unknown as string[])
}
