// Raw HTTP requests for tests, for cases that fetch cannot send: any Host, any path, repeated headers.

import { connect } from "node:net"

export type RawAnswer = { status: number; head: string; body: string }

/** Sends `request` as it is. Returns everything received until the server closed. */
export function raw(port: number, request: string): Promise<RawAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>()
  const socket = connect(port, "127.0.0.1", () => socket.write(request))
  let text = ""
  socket.setEncoding("utf8")
  socket.on("data", piece => {
    text += piece
  })
  socket.on("error", reject)
  socket.on("close", () => resolve(parse(text)))
  return promise
}

/** Sends a request with these header lines and `Connection: close`. */
export function rawRequest(port: number, line: string, headers: string[], body = ""): Promise<RawAnswer> {
  const length = body ? [`Content-Length: ${Buffer.byteLength(body)}`] : []
  return raw(port, [`${line} HTTP/1.1`, ...headers, ...length, "Connection: close", "", body].join("\r\n"))
}

function parse(text: string): RawAnswer {
  const [head = "", ...body] = text.split("\r\n\r\n")
  return { status: Number(head.split(" ")[1] ?? 0), head: head.toLowerCase(), body: body.join("\r\n\r\n") }
}
