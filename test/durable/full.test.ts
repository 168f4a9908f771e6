// Full disk under a session that prints: the program continues, and lost output is a gap.

import { afterAll, expect, test } from "bun:test"
import { mkdirSync } from "node:fs"
import { SmallDisk } from "../small-disk.ts"
import { RestartableServer } from "./restartable-server.ts"

const MIB = 1 << 20
const POLL_MS = 20

const server = new RestartableServer()
mkdirSync(server.home.state, { mode: 0o700 })
const disk = new SmallDisk(server.home.state, "24m")
afterAll(async () => {
  if (disk.there) await server.end()
  disk[Symbol.dispose]()
  server.home[Symbol.dispose]()
})

type Output = { data: string; from: number; next: number; gap: { from: number; to: number } | null }

test.if(disk.there)(
  "a full disk under a live session",
  async () => {
    await server.start()
    const command =
      "stty -opost -echo; echo first; read a; head -c 30000000 /dev/zero | tr '\\0' x; read b; echo; echo last; exit 3"
    const { id } = await server.create({ argv: ["sh", "-c", command] })
    const type = (text: string) => server.call("POST", `/v1/sessions/${id}/input`, { text })
    const wait = (until: object) =>
      server.call("POST", `/v1/sessions/${id}/wait`, { until, from: 0, timeout_ms: 20_000 })
    const read = (from: number) =>
      server.call(
        "GET",
        `/v1/sessions/${id}/output?from=${from}&max_bytes=${MIB}`,
      ) as unknown as Promise<Output>
    await wait({ match: ["first"] })
    const free = disk.fill(8 * MIB)
    await type("go\n")
    while ((await server.info(id)).log.end < 30_000_006) await Bun.sleep(POLL_MS)
    expect(await server.info(id)).toMatchObject({ state: "running" })
    free()
    // the holder tries the disk again after half a minute at most
    await server.kill()
    await server.start()
    await type("end\n")
    await wait({ exit: true })
    expect(await server.info(id)).toMatchObject({ state: "finished", exit: { code: 3 } })
    const { end } = (await server.info(id)).log
    expect(end).toBe(30_000_012)
    const first = await read(0)
    expect(first.data).toStartWith("first\nxxx")
    expect((await read(end - 6)).data).toBe("\nlast\n")
    let gaps = 0
    for (let at = first.next; at < end; ) {
      const { next, gap, data } = await read(at)
      if (gap) gaps += gap.to - gap.from
      expect(data).toMatch(/^x*(\nlast\n)?$/)
      at = next
    }
    expect(gaps).toBeGreaterThan(20 * MIB)
  },
  120_000,
)
