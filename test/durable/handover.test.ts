// One state directory, two runtimes: sessions go on when Bun's server is followed by Deno's and back.

import { describe, expect, test } from "bun:test"
import { onLinux } from "../helpers.ts"
import { program, programUnderDeno } from "../program.ts"
import { burstOn } from "./burst.ts"
import { restartableWith } from "./restartable-server.ts"

const BUN = program()
const DENO = programUnderDeno()
/** The first server starts the session, and its runtime also runs the holder. */
const ORDERS: [name: string, commands: string[][]][] = [
  ["Bun, Deno, Bun", [BUN, DENO]],
  ["Deno, Bun, Deno", [DENO, BUN]],
  ["Deno alone", [DENO]],
]

describe.skipIf(!onLinux("the hand-over between runtimes"))("hand-over", () => {
  test.each(ORDERS)(
    "%s: every byte of a 10 MB burst once on every transport, and the exit code",
    async (_, commands) => {
      await using server = await restartableWith(commands)
      const { expected, seen } = await burstOn(server, 1_400_000)
      for (const { bytes, sha, exit, cuts } of seen) {
        expect({ bytes, sha }).toEqual(expected)
        expect(exit).toMatchObject({ code: 7, signal: null })
        expect(cuts).toBeGreaterThan(0)
      }
    },
    180_000,
  )

  test.each(ORDERS)(
    "%s: a shell keeps its variables, its jobs and its terminal",
    async (_, commands) => {
      await using server = await restartableWith(commands)
      await server.create({ argv: ["bash", "--norc", "--noprofile"], name: "sh" })
      const type = (text: string) => server.call("POST", "/v1/sessions/sh/input", { text })
      const until = async (match: string) => {
        const until = { until: { match: [match] }, timeout_ms: 20_000 }
        expect(await server.call("POST", "/v1/sessions/sh/wait", until)).toMatchObject({ outcome: "match" })
      }
      await type("x=4711; sleep 1000 & echo ready-$((1+1))\n")
      await until("ready-2")
      for (const turn of [1, 2]) {
        await server.kill()
        await server.start()
        await type(`echo var-$x-${turn}; jobs; stty size\n`)
        await until(`var-4711-${turn}`)
        await until("sleep 1000")
        await until("30 120")
      }
      await type("kill %1; exit 5\n")
      const ended = { until: { exit: true }, timeout_ms: 20_000 }
      await server.call("POST", "/v1/sessions/sh/wait", ended)
      expect(await server.info("sh")).toMatchObject({ exit: { code: 5 } })
    },
    120_000,
  )
})
