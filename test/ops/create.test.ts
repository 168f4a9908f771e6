// create: what runs, what is rejected, and what the response hides.

import { expect, test } from "bun:test"
import { failing, onEverySurface } from "./surfaces.ts"

onEverySurface("create", open => {
  test("argv runs without a shell", async () => {
    await using s = open()
    const { id, argv } = await s.call("create", { argv: ["printf", "%s|", "$HOME", "a b"] })
    expect(argv).toEqual(["printf", "%s|", "$HOME", "a b"])
    expect(await s.server.outputOf(id)).toBe("$HOME|a b|")
  })

  test("command runs in the user's shell", async () => {
    await using s = open()
    const { id } = await s.call("create", { command: "printf %s $((6*7))" })
    expect(await s.server.outputOf(id)).toBe("42")
  })

  test("without argv and command the default command runs", async () => {
    await using s = open()
    expect((await s.call("create", {})).argv).toEqual(["/bin/sh"])
  })

  test("argv with command is rejected", async () => {
    await using s = open()
    const error = await failing(s.call("create", { argv: ["true"], command: "true" }), "invalid_input")
    expect(error.message).toBe("give argv or command, not both")
    expect(s.server.sessions.list()).toEqual([])
  })

  test("the response describes the session and hides its environment", async () => {
    await using s = open()
    const info = await s.call("create", {
      argv: ["cat"],
      env: { SECRET: "hunter2" },
      name: "build",
      tags: ["ci"],
      owner: "anna",
      cols: 91,
      rows: 17,
      log_limit: 65536,
    })
    expect(info).toMatchObject({
      name: "build",
      state: "running",
      backend: "terminal",
      size: { cols: 91, rows: 17 },
      owner: "anna",
      tags: ["ci"],
      exit: null,
      tail_open: false,
      durable: false,
      viewers: 0,
      lease: null,
      log: { base: 0, end: 0, limit: 65536 },
    })
    expect(info.id).toMatch(/^s_[\w-]{22,}$/)
    expect(info.pid).toBeGreaterThan(0)
    expect(info.created_at).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
    expect(JSON.stringify(info)).not.toContain("hunter2")
  })

  test("streams can be kept separate", async () => {
    await using s = open()
    const { id } = await s.call("create", { command: "echo out; echo err >&2", separate_streams: true })
    await s.server.outputOf(id)
    expect((await s.call("read", { id, stream: "stdout" })).data).toBe("out\n")
    expect((await s.call("read", { id, stream: "stderr" })).data).toBe("err\n")
    expect((await s.call("read", { id })).data.split("\n").sort()).toEqual(["", "err", "out"])
  })

  test("errors name the unknown stream or backend", async () => {
    await using s = open()
    const { id } = await s.call("create", { argv: ["cat"] })
    const stream = await failing(s.call("read", { id, stream: "stderr" }), "invalid_input")
    expect(stream.message).toContain("stderr")
    const apart = s.call("create", { argv: ["cat"], backend: "terminal", separate_streams: true })
    expect((await failing(apart, "invalid_input")).message).toContain("terminal")
    const backend = await failing(s.call("create", { argv: ["cat"], backend: "teletype" }), "invalid_input")
    expect(backend.message).toContain("teletype")
  })

  test("echo off from the start", async () => {
    await using s = open()
    const { id } = await s.call("create", { argv: ["sh", "-c", "read x; echo got $x"], echo: false })
    await s.call("write", { id, text: "secret\n" })
    expect(await s.server.outputOf(id)).toBe("got secret\r\n")
  })

  test("timeout_ms ends a session, idle_timeout_ms a silent one", async () => {
    await using s = open()
    for (const limit of [{ timeout_ms: 50 }, { idle_timeout_ms: 50 }]) {
      const { id } = await s.call("create", { argv: ["sleep", "60"], ...limit })
      const { exit } = await s.call("wait", { id, until: { exit: true } })
      expect(exit?.signal).toMatch(/^SIG(HUP|TERM)$/)
    }
  })

  test("a program that cannot run is spawn_failed and leaves no session", async () => {
    await using s = open()
    const cases: [Parameters<typeof s.call<"create">>[1], string][] = [
      [{ argv: ["no-such-program-x"] }, "no-such-program-x"],
      [{ argv: ["/etc/passwd"] }, "/etc/passwd"],
      [{ argv: ["true"], cwd: "/no/such/dir" }, "/no/such/dir"],
      [{ argv: ["true"], cwd: "/etc/passwd" }, "/etc/passwd"],
      [{ argv: ["true"], cwd: "/tmp\0/x" }, "/tmp"],
      [{ argv: ["true"], cwd: "/etc/passwd/x" }, "/etc/passwd/x"],
      [{ argv: ["true"], cwd: `/${"x".repeat(4000)}` }, "xxx"],
      [{ argv: ["true", "x".repeat(200_000)] }, "too long"],
    ]
    for (const [input, named] of cases)
      expect((await failing(s.call("create", input), "spawn_failed")).message).toContain(named)
    expect(s.server.sessions.list()).toEqual([])
    expect(s.server.faults).toEqual([])
  })

  test("errors name the directory as the caller wrote it", async () => {
    await using s = open()
    const { message, details } = await failing(
      s.call("create", { argv: ["true"], cwd: "no-such-dir" }),
      "spawn_failed",
    )
    expect(message).toContain("no-such-dir")
    expect(message + JSON.stringify(details)).not.toContain(s.server.sessions.defaults.cwd)
  })

  test("errors name the invalid value", async () => {
    await using s = open()
    const cases: [Record<string, unknown>, string][] = [
      [{ argv: [] }, "argv"],
      [{ argv: [""] }, "argv"],
      [{ argv: ["a\0b"] }, "NUL"],
      [{ command: "" }, "command"],
      [{ command: "a\0b" }, "NUL"],
      [{ cwd: "" }, "cwd"],
      [{ cols: 0 }, "cols"],
      [{ cols: 1001 }, "cols"],
      [{ rows: 1.5 }, "rows"],
      [{ rows: 1e99 }, "rows"],
      [{ env: { "a=b": "c" } }, "a=b"],
      [{ env: { "": "c" } }, "variable"],
      [{ env: { a: "c\0" } }, "NUL"],
      [{ env: { a: 1 } }, "env.a"],
      [{ durable: "yes" }, "durable"],
      [{ log_limit: 1 }, "log_limit"],
      [{ log_limit: 1e12 }, "log_limit"],
      [{ timeout_ms: 0 }, "timeout_ms"],
      [{ tags: ["a\nb"] }, "tags"],
      [{ tags: Array(33).fill("x") }, "tags"],
      [{ owner: "" }, "owner"],
      [{ owner: "a\x1b[2J" }, "owner"],
      [{ colour: "red", shape: 1 }, '"colour", "shape"'],
    ]
    for (const [input, named] of cases) {
      const { message } = await failing(
        s.call("create", ("command" in input ? input : { argv: ["true"], ...input }) as never),
        "invalid_input",
      )
      expect(message).toContain(named)
    }
    expect(s.server.sessions.list()).toEqual([])
    expect(s.server.faults).toEqual([])
  })

  test("a name is printable, short, not an id, and unique among running sessions", async () => {
    await using s = open()
    const bad = [
      "",
      " a",
      "a ",
      "a/b",
      "a\nb",
      "\x1b[2J",
      "s_abc",
      ".",
      "..",
      "x".repeat(129),
      "\ud800",
      "a\u202eb",
    ]
    for (const name of bad) await failing(s.call("create", { argv: ["cat"], name }), "invalid_input")
    for (const name of ["Ärger 2", "build-1", "猫", "👩‍💻", "100% %41 ?x=1#y"]) {
      const { id } = await s.call("create", { argv: ["cat"], name })
      expect((await s.call("get", { id: name })).id).toBe(id)
      const { details } = await failing(s.call("create", { argv: ["cat"], name }), "conflict")
      expect(details).toEqual({ id })
    }
  })

  test("over the limit of running sessions create is limit_reached", async () => {
    await using s = open()
    Object.assign(s.server.sessions.limits, { sessions: 2 })
    await s.call("create", { argv: ["cat"] })
    const { id } = await s.call("create", { argv: ["cat"] })
    await failing(s.call("create", { argv: ["cat"] }), "limit_reached")
    await s.call("end", { id })
    await s.call("create", { argv: ["cat"] })
  })
})
