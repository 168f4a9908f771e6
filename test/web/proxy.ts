// TCP proxy between the browser and the server that cuts connections.

import { connect, createServer, type Socket } from "node:net"

export type Proxy = {
  origin: string
  /** Resets every connection. */
  cut: () => void
  /** While down, resets all connections and rejects new ones. */
  down: (isDown: boolean) => void
  [Symbol.asyncDispose](): Promise<void>
}

/** Starts a proxy to `target`. `cut` resets all connections, like a lost network. */
export async function startProxy(target: string): Promise<Proxy> {
  const { hostname, port } = new URL(target)
  const open = new Set<Socket>()
  let refusing = false
  const server = createServer(near => {
    if (refusing) return void near.destroy()
    const far = connect(Number(port), hostname)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from)
      from.on("close", () => open.delete(from) && to.destroy())
      from.on("error", () => to.destroy())
      from.pipe(to)
    }
  })
  const listening = Promise.withResolvers<void>()
  server.listen(0, "127.0.0.1", () => listening.resolve())
  await listening.promise
  const address = server.address()
  const cut = () => open.forEach(socket => void socket.destroy())
  return {
    origin: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`,
    cut,
    down(isDown) {
      refusing = isDown
      cut()
    },
    async [Symbol.asyncDispose]() {
      cut()
      await new Promise(done => server.close(done))
    },
  }
}
