// Opens a server's listeners: its port, with workers, the second port, and the user's own socket.

import { rmSync } from "node:fs"
import type { Logger } from "@logtape/logtape"
import { self } from "#runtime/self.ts"
import { type Fetch, listen } from "../../http/server.ts"
import type { HttpListener } from "../../runtime/types.ts"
import { Workers } from "../../services/workers.ts"
import type { ServeOptions } from "./options.ts"
import { type TcpAddress, takePort, toPages, uiPort } from "./ports.ts"

/** Whether several processes can listen on one port and the system distributes connections among them. */
const CAN_SHARE = process.platform === "linux"

type ListenPlan = { address: TcpAddress; socket: string }

/** Listens. Throws `unavailable` if the port is taken. `stop` ends workers and connections. */
export async function listenEverywhere(
  { forcePort, uiPort: second, workers: requested, commandGiven }: ServeOptions,
  { address, socket }: ListenPlan,
  fetch: Fetch,
  log: Logger,
): Promise<HttpListener> {
  const count = CAN_SHARE ? requested : 1
  if (count < requested) log.warn("this system cannot share ports; --workers has no effect")
  const main = await takePort({ address, forcePort, shared: count > 1 }, fetch, log)
  const pages = commandGiven ? toPages(fetch) : fetch
  const ui = second > 0 ? uiPort({ ...address, port: second }, pages, log) : null
  const own = listen({ unix: socket }, fetch)
  const workers =
    count > 1 ? startWorkers(count - 1, { ...address, port: main.port }, socket, fetch, log) : null
  const all = [workers, main, ui, own].filter(listener => listener !== null)
  return { port: main.port, stop: async () => void (await Promise.all(all.map(listener => listener.stop()))) }
}

/** Starts processes that listen on the same port and forward requests to this one over a Unix socket. */
function startWorkers(
  count: number,
  address: TcpAddress,
  socket: string,
  fetch: Fetch,
  log: Logger,
): Pick<HttpListener, "stop"> {
  const unix = `${socket}.w`
  rmSync(unix, { force: true })
  const forwarded = listen({ unix, forwarded: true }, fetch)
  const workers = new Workers(
    count,
    [...self.command(), "__worker"],
    { unix, address },
    ({ name, reason, log: lines }) =>
      log.warn("{name}: {reason}", { name, reason, said: lines.at(-1) ?? "" }),
  )
  workers.start()
  return {
    stop: async () => {
      await workers.stop()
      await forwarded.stop()
      rmSync(unix, { force: true })
    },
  }
}
