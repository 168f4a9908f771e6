// Flood without a viewer: it costs the server little, and later viewers get every byte.

import { expect, test } from "bun:test"
import { printed } from "./burst.ts"
import { readByEvents, readByPolls, readBySocket } from "./readers.ts"
import { restartable } from "./restartable-server.ts"

const LINES = 4_000_000
/** Interval of polling the state, in ms: a `wait` request would count as a reader. */
const POLL_MS = 20

test.each(["terminal", "pipe"])(
  "viewers that attach during and after a flood on backend %s get all of it",
  async backend => {
    await using server = await restartable("--disk-limit", `${256 << 20}`)
    const setup = backend === "terminal" ? "stty -opost -echo; " : ""
    const argv = ["sh", "-c", `${setup}echo ready; seq 1 ${LINES}; exit 7`]
    const { id } = await server.create({ argv, backend })
    const target = { origin: server.served.origin, token: server.served.token, id }
    const expected = printed(LINES)
    while ((await server.info(id)).log.end < expected.bytes / 4) await Bun.sleep(POLL_MS)
    const middle = readBySocket(target)
    while ((await server.info(id)).state !== "finished") await Bun.sleep(POLL_MS)
    const all = await Promise.all([middle, readBySocket(target), readByEvents(target), readByPolls(target)])
    for (const { bytes, sha, exit } of all) {
      expect({ bytes, sha }).toEqual(expected)
      expect(exit).toMatchObject({ code: 7, signal: null })
    }
  },
  120_000,
)
