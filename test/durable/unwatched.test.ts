// A flood that nobody watches costs the server little, and whoever comes later still has every byte of it.

import { expect, test } from "bun:test"
import { printed } from "./burst.ts"
import { phoenix } from "./phoenix.ts"
import { readByEvents, readByPolls, readBySocket } from "./readers.ts"

const LINES = 4_000_000
/** How often its state is looked at, in ms: waiting for it would be watching. */
const LOOK_MS = 20

test.each(["terminal", "pipe"])(
  "all of a flood on backend %s, for viewers that come in its middle and behind it",
  async backend => {
    await using server = await phoenix("--disk-limit", `${256 << 20}`)
    const quiet = backend === "terminal" ? "stty -opost -echo; " : ""
    const argv = ["sh", "-c", `${quiet}echo ready; seq 1 ${LINES}; exit 7`]
    const { id } = await server.create({ argv, backend })
    const target = { origin: server.served.origin, token: server.served.token, id }
    const expected = printed(LINES)
    while ((await server.info(id)).log.end < expected.bytes / 4) await Bun.sleep(LOOK_MS)
    const middle = readBySocket(target)
    while ((await server.info(id)).state !== "finished") await Bun.sleep(LOOK_MS)
    const all = await Promise.all([middle, readBySocket(target), readByEvents(target), readByPolls(target)])
    for (const { bytes, sha, exit } of all) {
      expect({ bytes, sha }).toEqual(expected)
      expect(exit).toMatchObject({ code: 7, signal: null })
    }
  },
  120_000,
)
