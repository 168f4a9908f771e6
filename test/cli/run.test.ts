// `ptyline run`: a command's output and exit code, with a server or without one.

import { expect, test } from "bun:test"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Home, program } from "../program.ts"

test("without a server it runs the command itself", async () => {
  using home = new Home()
  expect(await home.run("run", "--", "sh", "-c", "echo out; exit 7")).toMatchObject({
    code: 7,
    stdout: "out\n",
    stderr: "",
  })
  expect(await home.run("run", "--command", "echo $((6*7))")).toMatchObject({ code: 0, stdout: "42\n" })
  expect(existsSync(home.state)).toBe(false)
})

test("its exit code is the command's, 128 and the signal, or 124", async () => {
  using home = new Home()
  for (const [script, code] of [
    ["exit 0", 0],
    ["exit 255", 255],
    ["kill -9 $$", 137],
    ["kill -TERM $$", 143],
  ] as const)
    expect([script, (await home.run("run", "--", "sh", "-c", script)).code]).toEqual([script, code])
  expect((await home.run("run", "--timeout-ms", "100", "--", "sleep", "60")).code).toBe(124)
}, 20_000)

test("what it cannot do is said in a sentence", async () => {
  using home = new Home()
  const cases: [number, string[], string][] = [
    [2, ["run", "--cols", "0", "--", "true"], "cols: "],
    [1, ["run", "--", "no-such-program-x"], "no such command: no-such-program-x"],
    [1, ["run", "--cwd", "/no/such", "--", "true"], "/no/such"],
    [1, ["ls"], "start one with: ptyline serve"],
  ]
  for (const [code, args, named] of cases) {
    const result = await home.run(...args)
    expect([args, result.code]).toEqual([args, code])
    expect(result.stderr).toContain(named)
    expect(result.stderr.trim().split("\n").length).toBeLessThan(3)
  }
}, 20_000)

test("all of a long output arrives, however slow the reader", async () => {
  using home = new Home()
  const child = home.spawn(["run", "--max-bytes", "4000000", "--", "seq", "1", "400000"])
  const { code, stdout, stderr } = await child.result()
  expect([code, stderr]).toEqual([0, ""])
  expect(stdout.length).toBe(2_688_895)
  const words = [...child.command, "|", "(sleep 0.3; wc -c)"].join(" ")
  const slow = Bun.spawn(["sh", "-c", words], { cwd: home.path, env: home.env, stdout: "pipe" })
  expect((await new Response(slow.stdout).text()).trim()).toBe("2688895")
}, 20_000)

test("what is left out is said", async () => {
  using home = new Home()
  const { stdout, stderr } = await home.run("run", "--max-bytes", "5", "--", "seq", "1", "1000")
  expect(stdout).toBe("1000\n")
  expect(stderr).toContain("3888 bytes before this are not shown")
})

test("interrupted, it takes the command along", async () => {
  using home = new Home()
  const child = home.spawn(["run", "--", "sh", "-c", "echo $$ > pid; exec sleep 60"])
  const pid = Bun.file(`${home.path}/pid`)
  await child.until(() => existsSync(`${home.path}/pid`) && pid.size > 0, "the command to start")
  child.process.kill("SIGINT")
  const { code } = await child.result()
  expect(code).toBeOneOf([129, 143])
  expect(() => process.kill(Number(readFileSync(`${home.path}/pid`, "utf8")), 0)).toThrow()
})

test("a server that was killed does not stand in the way", async () => {
  using home = new Home()
  const server = await home.serve()
  await server.stop("SIGKILL")
  expect(existsSync(`${home.state}/ptyline.sock`)).toBe(true)
  expect(await home.run("run", "--", "echo", "hi")).toMatchObject({ code: 0, stdout: "hi\n" })
  expect((await home.run("ls")).stderr).toContain("no server runs")
  await using again = await home.serve()
  expect(again.token).toBe(server.token)
  expect((await home.run("ls")).code).toBe(0)
}, 20_000)

test("a program's bytes come out as they are, of run and of read; text is cut where characters end", async () => {
  using home = new Home()
  const all = Uint8Array.from({ length: 512 }, (_, i) => i)
  await Bun.write(join(home.path, "bytes"), all)
  const told = (...args: string[]) =>
    Bun.spawnSync([...program(), ...args], { cwd: home.path, env: home.env }).stdout
  expect(Buffer.compare(told("run", "--", "cat", "bytes"), all)).toBe(0)
  expect(told("run", "--encoding", "utf8", "--", "printf", "\\303\\244\\377").toString()).toBe("ä\uFFFD")
  await using _ = await home.serve()
  told("new", "--name", "raw", "--backend", "pipe", "--", "cat", "bytes")
  told("wait", "raw", "--exit")
  expect(Buffer.compare(told("read", "raw"), all)).toBe(0)
  expect(JSON.parse(told("read", "raw", "--json").toString()).data).toStartWith("\0\x01")
}, 20_000)
