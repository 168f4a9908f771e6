// Unix sockets, from Node's module.

import { createConnection, createServer, type Socket } from "node:net"
import type { ConnectUnix, ListenUnix, UnixSocket, UnixSocketEvents } from "../types.ts"

export const connectUnix: ConnectUnix = (path, events) =>
  new Promise((resolve, reject) => {
    const socket = createConnection(path)
    socket.once("error", reject)
    socket.once("connect", () => {
      socket.off("error", reject)
      subscribe(socket, events)
      resolve(unixSocket(socket))
    })
  })

export const listenUnix: ListenUnix = (path, accept) => {
  createServer(socket => subscribe(socket, accept(unixSocket(socket)))).listen(path)
}

function subscribe(socket: Socket, { data, drain, close, error }: UnixSocketEvents): void {
  socket.on("data", data).on("drain", drain).on("close", close).on("error", error)
}

const unixSocket = (socket: Socket): UnixSocket => ({
  write: bytes => {
    if (socket.destroyed || socket.writableEnded) return -1
    if (socket.writableNeedDrain) return 0
    // Node writes later, and the caller may change the bytes
    socket.write(bytes.slice())
    return bytes.length
  },
  end: () => void socket.end(),
  pause: () => void socket.pause(),
  resume: () => void socket.resume(),
})
