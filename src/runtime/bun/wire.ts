// Unix sockets, from Bun.

import type { ConnectUnix, ListenUnix, UnixSocketEvents } from "../types.ts"

export const connectUnix: ConnectUnix = (path, events) =>
  Bun.connect({
    unix: path,
    socket: {
      data: (_, bytes) => events.data(bytes),
      drain: () => events.drain(),
      close: () => events.close(),
      error: (_, error) => events.error(error),
    },
  })

export const listenUnix: ListenUnix = (path, accept) => {
  Bun.listen<UnixSocketEvents>({
    unix: path,
    socket: {
      open: socket => {
        socket.data = accept(socket)
      },
      data: (socket, bytes) => socket.data.data(bytes),
      drain: socket => socket.data.drain(),
      close: socket => socket.data.close(),
      error: (socket, error) => socket.data.error(error),
    },
  })
}
