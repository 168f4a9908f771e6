// Contract: environment, signals and descriptors of the child, without those of the server.

import { expect, test } from "bun:test"
import type { Backend } from "../../../src/core/session/backend.ts"
import { fixture, start } from "../../helpers.ts"
import { run, runCommand } from "../../spawn.ts"
import type { Limits } from "../contract.ts"

export function environment(backend: Backend, limits: Limits): void {
  test("the environment is the requested one, without variables of the server", async () => {
    const env = { GREETING: "hello world", EMPTY: "", PATH: process.env.PATH! }
    await using run = start(backend, ["env"], { env })
    const { text } = await run.collect()
    const lines = text.split(/\r?\n/)
    expect(lines).toContain("GREETING=hello world")
    expect(lines).toContain("EMPTY=")
    expect(lines).toContain(`TERM=${backend.tty ? "xterm-256color" : "dumb"}`)
    expect(lines.filter(line => line.startsWith("PTYLINE_"))).toEqual([`PTYLINE_SESSION=${run.session.id}`])
  })

  test("the server's secrets do not reach the child", async () => {
    const env = { PATH: process.env.PATH!, PTYLINE_TOKEN: "secret", LATE: "x", SHELL: "/bin/sh" }
    const { stdout } = await run(runCommand(fixture("child-env.ts"), backend.kind), { env })
    const names = JSON.parse(stdout) as string[]
    expect(names).toEqual(
      backend.tty ? ["COLORTERM", "PATH", "PTYLINE_SESSION", "TERM"] : ["PATH", "PTYLINE_SESSION", "TERM"],
    )
  })

  test("SIGPIPE ends a program that writes to a closed pipe", async () => {
    await using run = start(backend, ["bash", "-c", "yes | head -1; echo $PIPESTATUS"])
    expect((await run.collect()).text.split(/\r?\n/)).toEqual(["y", "141", ""])
  })

  test("no signal is blocked or ignored from the start", async () => {
    await using run = start(backend, ["grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"])
    const masks = (await run.collect()).text.match(/[0-9a-f]{16}/g)
    expect(masks).toEqual(["0".repeat(16), limits.ignoredSignals?.mask ?? "0".repeat(16)])
  })

  test("the child has only its three descriptors", async () => {
    await using run = start(backend, ["ls", "/proc/self/fd"])
    // the fourth is the directory that ls reads
    expect((await run.collect()).text.trim().split(/\s+/)).toEqual(["0", "1", "2", "3"])
  })
}
