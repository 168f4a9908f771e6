// Stop of a server and its remaining sessions: signals, Ctrl-C, --ephemeral, `ptyline end --all`.

import { expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { eventually, PATIENCE_MS } from "../helpers.ts"
import { Home, program } from "../program.ts"
import { restartable } from "./restartable-server.ts"

const alive = (pid: number): boolean => {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))
  } catch {
    return false
  }
}

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const)
  test(`${signal} without a terminal stops the server at once, and durable sessions continue`, async () => {
    await using server = await restartable()
    const [lasting, ending] = [
      await server.create({ argv: ["cat"] }),
      await server.create({ argv: ["cat"], durable: false }),
    ]
    const { code, stderr } = await server.served.stop(signal)
    expect(code).toBe(0)
    expect(stderr).toContain(
      `${signal}: stopping, ending 1 session within 2 s; signal again to kill, 1 session keeps running`,
    )
    expect(alive(lasting.pid)).toBe(true)
    expect(alive(ending.pid)).toBe(false)
    await server.start()
    expect(await server.info(lasting.id)).toMatchObject({ pid: lasting.pid, state: "running" })
  }, 60_000)

test("--ephemeral: a stop ends all sessions, including earlier ones; a crash ends none", async () => {
  await using server = await restartable()
  const earlier = await server.create({ argv: ["cat"] })
  await server.kill()
  await server.start(["--ephemeral"])
  const later = await server.create({ argv: ["cat"] })
  await server.kill()
  await server.start()
  expect([alive(earlier.pid), alive(later.pid)]).toEqual([true, true])
  const { stderr } = await server.served.stop("SIGTERM")
  expect(stderr).toContain("SIGTERM: stopping, ending 2 sessions within 2 s; signal again to kill\n")
  expect([alive(earlier.pid), alive(later.pid)]).toEqual([false, false])
  await server.start([])
  const { sessions } = (await server.call("GET", "/v1/sessions")) as unknown as { sessions: object[] }
  expect(sessions).toEqual([])
}, 60_000)

test("ptyline end --all ends every session and lists them", async () => {
  await using server = await restartable()
  const made = [
    await server.create({ argv: ["cat"], name: "one" }),
    await server.create({ argv: ["cat"], name: "two", durable: false }),
  ]
  const { code, stdout } = await server.home.run("end", "--all")
  expect(code).toBe(0)
  expect(stdout.split("\n").sort()).toEqual(["", "one\tended by SIGHUP", "two\tended by SIGHUP"])
  for (const { pid } of made) expect(alive(pid)).toBe(false)
  expect((await server.home.run("ls", "--json")).stdout).toBe('{"sessions":[]}\n')
  const neither = await server.home.run("end")
  expect([neither.code, neither.stderr]).toEqual([2, expect.stringContaining("missing ID")])
}, 60_000)

test("on a terminal the first Ctrl-C lists the remaining sessions, the second one stops the server", async () => {
  using home = new Home({}, true)
  let printed = ""
  const received = (bytes: Uint8Array) => {
    printed += Buffer.from(bytes).toString()
  }
  const server = Bun.spawn([...program(), "serve", "--port", "0"], {
    cwd: home.path,
    env: home.env,
    terminal: { cols: 200, rows: 50, data: (_, bytes) => received(bytes) },
  })
  await eventually(() => /^http\S+#token=/m.test(printed), "the server's address")
  expect((await home.run("new", "--name", "kept", "--", "cat")).code).toBe(0)
  server.terminal!.write("\x03")
  await eventually(
    () => printed.includes("Press Ctrl-C again to stop the server."),
    "the response to the first Ctrl-C",
  )
  expect(printed).toContain(
    "1 session will keep running without this server. To reconnect: ptyline serve. To end all: ptyline end --all",
  )
  expect((await home.run("info", "kept")).code).toBe(0)
  server.terminal!.write("\x03")
  expect(await Promise.race([server.exited, Bun.sleep(PATIENCE_MS)])).toBe(0)
  await using next = await home.serve()
  expect((await (await next.fetch("/v1/sessions/kept")).json()) as object).toMatchObject({ state: "running" })
  expect((await home.run("end", "--all")).code).toBe(0)
}, 60_000)
