// Sessions in holders survive a killed server: programs run on, and clients resume at their offsets.

import { expect, test } from "bun:test"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { eventually } from "../helpers.ts"
import { burst } from "./burst.ts"
import { restartable } from "./restartable-server.ts"

test("kill -9 of the server five times during a 10 MB burst: every byte once on every transport, and the exit code", async () => {
  const { expected, seen } = await burst(1_400_000)
  for (const { bytes, sha, exit, cuts } of seen) {
    expect({ bytes, sha }).toEqual(expected)
    expect(exit).toMatchObject({ code: 7, signal: null })
    expect(cuts).toBeGreaterThan(0)
  }
}, 120_000)

test("the next server finds the output, exit codes and sizes of a time without a server", async () => {
  await using server = await restartable()
  const codes = Array.from({ length: 40 }, (_, i) => i)
  const argv = (code: number) => [
    "sh",
    "-c",
    `while [ ! -e go ]; do sleep 0.05; done; echo bye ${code}; exit ${code}`,
  ]
  const cwd = server.home.path
  const sessions = await Promise.all(
    codes.map(code => server.create({ argv: argv(code), cwd, name: `n${code}` })),
  )
  const lasting = await server.create({ argv: ["sh"], name: "lasting" })
  await server.call("POST", "/v1/sessions/lasting/resize", { cols: 91, rows: 33 })
  await server.kill()
  await Bun.write(`${cwd}/go`, "")
  const gone = (pid: number) => !alive(pid)
  await eventually(() => sessions.every(({ pid }) => gone(pid)), "all programs to end")
  await server.start()
  for (const code of codes) {
    const found = await server.info(`n${code}`)
    expect(found).toMatchObject({
      id: sessions[code]!.id,
      state: "finished",
      exit: { code, signal: null },
      durable: true,
    })
    const { data } = (await server.call("GET", `/v1/sessions/n${code}/output`)) as unknown as { data: string }
    expect(data).toBe(`bye ${code}\r\n`)
  }
  expect(await server.info("lasting")).toMatchObject({ id: lasting.id, pid: lasting.pid, state: "running" })
  expect((await server.info("lasting")) as object).toMatchObject({ size: { cols: 91, rows: 33 } })
}, 60_000)

function alive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))
  } catch {
    return false
  }
}

test("a shell keeps its variables, jobs and terminal after a kill and after an orderly stop", async () => {
  await using server = await restartable()
  await server.create({ argv: ["bash", "--norc", "--noprofile"], name: "sh" })
  const type = (text: string) => server.call("POST", "/v1/sessions/sh/input", { text })
  const until = (match: string) =>
    server.call("POST", "/v1/sessions/sh/wait", {
      until: { match: [match] },
      timeout_ms: 20_000,
    }) as unknown as Promise<{ outcome: string }>
  await type("x=4711; sleep 1000 & echo ready-$((1+1))\n")
  expect((await until("ready-2")).outcome).toBe("match")
  await server.kill()
  await server.start()
  await type("echo var-$x; jobs; stty size\n")
  expect((await until("var-4711")).outcome).toBe("match")
  expect((await until("sleep 1000")).outcome).toBe("match")
  expect((await until("30 120")).outcome).toBe("match")
  expect((await server.served.stop("SIGTERM")).code).toBe(0)
  await server.start()
  await type("echo again-$x\n")
  expect((await until("again-4711")).outcome).toBe("match")
}, 60_000)

test("the end of a session leaves no holder, no program and no file", async () => {
  await using server = await restartable()
  const { id, pid } = await server.create({ argv: ["sh", "-c", "setsid sleep 1000 & sleep 1000"] })
  const holder = Number(/^PPid:\s+(\d+)/m.exec(await Bun.file(`/proc/${pid}/status`).text())![1])
  expect(await Bun.file(`/proc/${holder}/cmdline`).text()).toContain("__holder")
  expect(await server.call("DELETE", `/v1/sessions/${id}`)).toMatchObject({ state: "finished" })
  await eventually(() => !alive(pid) && !alive(holder), "the holder and the program to be gone")
  const kept = () => readdirSync(`${server.home.state}/sessions`) as string[]
  await eventually(() => kept().length === 0, "the session's directory to be gone")
  const sockets = readdirSync(server.home.state) as string[]
  expect(sockets.filter(name => name.endsWith(".hold"))).toEqual([])
}, 60_000)

test("a holder's key is not visible to other processes, and only its owner can use its socket", async () => {
  await using server = await restartable()
  const { pid } = await server.create({ argv: ["sleep", "1000"], env: { SECRET: "hunter2" } })
  const holder = Number(/^PPid:\s+(\d+)/m.exec(await Bun.file(`/proc/${pid}/status`).text())![1])
  const seen =
    (await Bun.file(`/proc/${holder}/environ`).text()) + (await Bun.file(`/proc/${holder}/cmdline`).text())
  expect(seen).not.toContain("hunter2")
  expect(seen).not.toContain("PTYLINE_")
  const socket = readdirSync(server.home.state).find((name: string) => name.endsWith(".hold"))
  expect(statSync(`${server.home.state}/${socket}`).mode & 0o777).toBe(0o600)
  const [directory] = readdirSync(`${server.home.state}/sessions`)
  const meta = readFileSync(`${server.home.state}/sessions/${directory}/meta`, "latin1")
  expect(meta).not.toContain("hunter2")
}, 60_000)

test("errors pass through a holder: unknown commands, unsupported backends, lines that are too long", async () => {
  await using server = await restartable()
  await expect(server.create({ argv: ["no-such-command"] })).rejects.toThrow(
    /422.*spawn_failed.*no-such-command/,
  )
  await expect(server.create({ argv: ["sh"], backend: "bun-pty", durable: true })).rejects.toThrow(
    /400.*bun-pty/,
  )
  expect(readdirSync(`${server.home.state}/sessions`)).toEqual([])
  await server.create({ argv: ["cat"], name: "cat" })
  const text = "x".repeat(5000)
  await expect(server.call("POST", "/v1/sessions/cat/input", { text })).rejects.toThrow(
    /400.*invalid_input.*4095/,
  )
}, 60_000)

test("of 50 concurrent requests for one name, one succeeds", async () => {
  await using server = await restartable()
  const tries = await Promise.allSettled(
    Array.from({ length: 50 }, () => server.create({ argv: ["cat"], name: "one" })),
  )
  expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1)
  for (const result of tries) if (result.status === "rejected") expect(String(result.reason)).toContain("409")
}, 60_000)

test("separate streams stay separate in a holder, and the exit code is the program's", async () => {
  await using server = await restartable()
  const argv = ["sh", "-c", "echo out; echo err >&2; read line; echo more $line; exit 3"]
  const { id } = await server.create({ argv, backend: "pipe", separate_streams: true })
  await server.call("POST", `/v1/sessions/${id}/input`, { text: "in\n" })
  await server.call("POST", `/v1/sessions/${id}/wait`, { until: { exit: true } })
  const read = async (stream: string) =>
    ((await server.call("GET", `/v1/sessions/${id}/output?stream=${stream}`)) as unknown as { data: string })
      .data
  expect(await read("stdout")).toBe("out\nmore in\n")
  expect(await read("stderr")).toBe("err\n")
  expect(await server.info(id)).toMatchObject({ exit: { code: 3 } })
  await server.kill()
  await server.start()
  expect(await read("stdout")).toBe("out\nmore in\n")
  expect(await read("stderr")).toBe("err\n")
}, 60_000)

test("offsets of separate streams continue after a kill, also when their first bytes are dropped", async () => {
  await using server = await restartable()
  const line = "x".repeat(1023)
  const flood = `for i in $(seq 1 9); do head -c 10000000 /dev/zero | tr '\\0' y; done; echo`
  const argv = ["sh", "-c", `echo ${line}; echo err >&2; ${flood}; echo done; cat`]
  const { id } = await server.create({ argv, separate_streams: true })
  await server.call("POST", `/v1/sessions/${id}/wait`, { until: { match: ["done"] }, timeout_ms: 30_000 })
  const read = async (stream: string, from: number) =>
    (await server.call("GET", `/v1/sessions/${id}/output?stream=${stream}&from=${from}`)) as unknown as {
      from: number
      end: number
      data: string
    }
  const before = [await read("stdout", -6), await read("stderr", -1)]
  expect(before[0]).toMatchObject({ end: 1024 + 90_000_000 + 1 + 5, data: "\ndone\n" })
  expect(before[1]).toMatchObject({ end: 4 })
  await server.kill()
  await server.start()
  expect(await read("stdout", -6)).toEqual(before[0]!)
  expect(await read("stderr", -1)).toMatchObject({ base: 4, end: 4 })
  await server.call("POST", `/v1/sessions/${id}/input`, { text: "more\n" })
  await server.call("POST", `/v1/sessions/${id}/wait`, { until: { match: ["more"] } })
  const { end } = before[0]!
  expect(await read("stdout", end)).toMatchObject({ from: end, data: "more\n" })
}, 90_000)

test("creation and last activity of a session are unchanged after a restart", async () => {
  await using server = await restartable()
  const running = await server.create({ argv: ["cat"] })
  await Bun.sleep(5)
  const ended = await server.create({ argv: ["true"] })
  await server.call("POST", `/v1/sessions/${ended.id}/wait`, { until: { exit: true } })
  await Bun.sleep(5)
  const newest = await server.create({ argv: ["cat"] })
  const all = async () => {
    const { sessions } = (await server.call("GET", "/v1/sessions")) as unknown as { sessions: Dated[] }
    return sessions.map(({ id, created_at, last_active_at }) => ({ id, created_at, last_active_at }))
  }
  const before = await all()
  expect(before.map(({ id }) => id)).toEqual([newest.id, ended.id, running.id])
  await server.kill()
  await server.start()
  expect(await all()).toEqual(before)
}, 30_000)

type Dated = { id: string; created_at: string; last_active_at: string }
