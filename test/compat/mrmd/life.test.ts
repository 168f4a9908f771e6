// The mrmd-pty surface over time: the editor's client, slow clients, restarts, many terminals and other
// surfaces.

import { afterAll, beforeAll, expect, test } from "bun:test"
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs"
import { connect } from "node:net"
import { join } from "node:path"
import { childrenOf, eventually } from "../../helpers.ts"
import { Stalled } from "../../http/stalled.ts"
import { Home, program } from "../../program.ts"
import { alive, Client, Mrmd } from "./client.ts"
import { EditorClient } from "./editor.ts"

let server: Mrmd
beforeAll(async () => {
  server = await Mrmd.start()
})
afterAll(() => server[Symbol.asyncDispose]())

const sees = (client: EditorClient, text: string) =>
  eventually(() => client.text.includes(text), `${text} in ${JSON.stringify(client.text.slice(-500))}`)

test.concurrent("24: the editor's client connects, types, resizes, disconnects, reconnects and kills; an exit causes no reconnect", async () => {
  const client = new EditorClient(server.origin, "24")
  await client.connect()
  await client.write("echo typed; stty size\n")
  await sees(client, "24 80")
  client.resize(90, 20)
  await client.write("stty size\n")
  await sees(client, "20 90")
  client.disconnect()
  await eventually(() => !client.connected, "the disconnect")
  await client.connect()
  expect(client.connects).toBe(2)
  await sees(client, "20 90")
  await client.write("exit\n")
  // ten seconds, with the first retry after one
  await Bun.sleep(10_000)
  expect([client.connects, client.connected]).toEqual([2, true])
  expect(client.received.every(frame => typeof frame === "string")).toBe(true)
  await client.kill()
  expect(await server.listed("24")).toBeUndefined()
}, 60_000)

test.concurrent("25: a paste of 1 MB arrives unchanged", async () => {
  const client = new EditorClient(server.origin, "25")
  const file = join(server.home.path, "pasted")
  await client.connect()
  await client.write(`stty -echo; cat > ${file}; echo "caught"' all'\n`)
  await sees(client, "$ ")
  const lines = Array.from({ length: 16_000 }, (_, i) => `line ${i} ${"é漢x".repeat(14)}`)
  const text = `${lines.join("\n")}\n`
  expect(Buffer.byteLength(text)).toBeGreaterThan(1_000_000)
  await client.write(text)
  await client.write("\x04")
  await sees(client, "caught all")
  expect(readFileSync(file, "utf8")).toBe(text)
  await client.kill()
}, 60_000)

test("26: a stalled client delays no other client and costs little memory", async () => {
  await using other = await server.join("26-other")
  const delays: number[] = []
  /**
   * Prints 200 MB and returns the server's peak memory. Measures echo delays in another terminal meanwhile.
   */
  const flood = async (type: (line: string) => void): Promise<number> => {
    const marker = join(server.home.path, `printed${delays.length}`)
    let most = 0
    type(`head -c 200000000 /dev/zero | tr '\\0' x; touch ${marker}\n`)
    while (!existsSync(marker)) {
      const start = performance.now()
      await other.run("echo x")
      other.frames.length = 0
      delays.push(performance.now() - start)
      most = Math.max(most, memoryOf(server.pid))
    }
    return most
  }
  // the cost of a flood without a client is not the stalled client's
  const alone = await server.join("26")
  await alone.sees("$ ")
  const unseen = await flood(line => {
    alone.type(line)
    alone.socket.close()
  })
  using stalled = Stalled.attach(Number(new URL(server.origin).port), "/api/pty?session_id=26", "")
  await stalled.stallAfter("$ ")
  const grown = (await flood(line => stalled.frame(1, Buffer.from(line)))) - unseen
  const p99 = delays.sort((a, b) => a - b)[Math.floor(delays.length * 0.99)]!
  console.log(`26: echo beside the flood, p99 ${p99.toFixed(1)} ms; server grew by ${grown >> 20} MiB`)
  expect(delays.length).toBeGreaterThan(10)
  expect(p99).toBeLessThan(1000)
  expect(grown).toBeLessThan(64 << 20)
  await server.kill("26")
}, 60_000)

test("30: starts without standard streams; a second server on the port fails; SIGTERM ends the shells and the server", async () => {
  using home = new Home({ PS1: "$ " }, true)
  const port = await freePort()
  const quiet = { stdin: "ignore", stdout: "ignore", stderr: "ignore" } as const
  const launch = (words: string[], streams: object) =>
    Bun.spawn(words, { cwd: home.path, env: home.env, ...streams })
  const words = [...program(), "mrmd", "--port", `${port}`]
  // all three closed, as a desktop program may do
  const first = launch(["/bin/sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", ...words], quiet)
  await eventuallyAsync(() => accepts(port), "the port to accept")
  await using client = await Client.open(`http://127.0.0.1:${port}`, { session_id: "30" })
  const shell = Number(await client.run("echo $$"))
  const second = await home.run("mrmd", "--port", `${port}`)
  expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining(`${port}`) })
  first.kill("SIGTERM")
  expect(await first.exited).toBe(0)
  await client.until(() => client.closed !== null, "close")
  expect([client.closed, alive(shell)]).toEqual([1001, false])
  expect(readdirSync(home.state)).toEqual([])
})

test("30: --version, --port 0 and wrong usage of the preset", async () => {
  using home = new Home({ PS1: "$ " }, true)
  expect(await home.run("mrmd", "--version")).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  })
  expect((await home.run("mrmd", "--port", "x")).code).toBe(2)
  expect((await home.run("mrmd", "--nonsense")).code).toBe(2)
  const exposed = await home.run("mrmd", "--host", "0.0.0.0", "--port", "0")
  expect(exposed).toMatchObject({ code: 1, stderr: expect.stringContaining("--insecure") })
})

test("30: after a crash a terminal is recovered by its id, with its output, name and file", async () => {
  using home = new Home({ PS1: "$ " }, true)
  const flags = ["mrmd", "--port", `${await freePort()}`]
  const ready = (child: ReturnType<Home["spawn"]>) =>
    child.until(() => child.stdout.includes("\n"), "the address")
  const first = home.spawn(flags)
  await ready(first)
  const origin = new URL(first.stdout).origin
  const query = { session_id: "crash", name: "survivor", file_path: "/doc.md" }
  const before = await Client.open(origin, query)
  await before.run("variable=kept; echo some output")
  first.process.kill("SIGKILL")
  await first.result()
  const second = home.spawn(flags)
  await ready(second)
  await using after = await Client.open(origin, { session_id: "crash" })
  await after.sees("some output")
  expect(await after.run("echo $variable")).toBe("kept")
  const { terminals } = (await (await fetch(`${origin}/api/terminals`)).json()) as { terminals: unknown[] }
  expect(terminals).toMatchObject([{ session_id: "crash", name: "survivor", file_path: "/doc.md" }])
  const shell = Number(await after.run("echo $$"))
  second.process.kill("SIGTERM")
  expect((await second.result()).code).toBe(0)
  expect(alive(shell)).toBe(false)
})

test("31: 500 killed terminals leave no zombie, no open pty and no record", async () => {
  const cycle = async (i: number) => {
    const client = await server.join(`31-${i}`)
    await client.sees("$ ")
    await server.kill(`31-${i}`)
    await client.close()
  }
  const before = terminalsOpen()
  for (let i = 0; i < 500; i += 20) await Promise.all(Array.from({ length: 20 }, (_, k) => cycle(i + k)))
  expect((await server.list()).filter(({ session_id }) => session_id.startsWith("31-"))).toEqual([])
  await eventually(() => terminalsOpen() <= before, "the terminals to be closed")
  await eventually(() => zombiesOf(server.pid) === 0, "no zombies")
  const native = await fetch(`${server.origin}/v1/sessions?tag=mrmd`)
  expect(JSON.stringify(await native.json())).not.toContain("31-")
}, 60_000)

test("33: the native API lists and attaches a terminal, with the same bytes and exit", async () => {
  await using client = await server.join("33", { name: "both" })
  await client.sees("$ ")
  const { sessions } = (await (
    await fetch(`${server.origin}/v1/sessions?tag=mrmd&state=running`)
  ).json()) as {
    sessions: { id: string; name: string }[]
  }
  const session = sessions.find(({ name }) => name === "both")!
  const url = `${server.origin.replace("http", "ws")}/v1/sessions/${session.id}/attach?snapshot=never&from=0`
  const native = new WebSocket(url, "ptyline.v1")
  native.binaryType = "arraybuffer"
  let bytes = ""
  let exit: unknown
  native.onmessage = ({ data }) => {
    if (typeof data !== "string") bytes += Buffer.from(data as ArrayBuffer).toString()
    else if (data.includes('"exit"')) exit = JSON.parse(data)
  }
  await new Promise(resolve => {
    native.onopen = resolve
  })
  native.send(new TextEncoder().encode("echo from the native side\n"))
  await client.sees("from the native side\r\n")
  client.type("exit 3\n")
  await eventually(() => exit !== undefined, "the exit")
  expect(exit).toMatchObject({ code: 3, signal: null })
  expect(bytes).toBe(client.text)
})

test("a terminal whose shell is restarted through the native API is listed and can be joined", async () => {
  await using client = await server.join("again", { name: "again", shell: "sh" })
  client.type("echo before; exit\n")
  await client.sees("before\r\n")
  const native = async (method: string, path: string) =>
    (await fetch(`${server.origin}/v1/sessions${path}`, { method })).json() as Promise<{
      id: string
      state: string
    }>
  await eventuallyAsync(async () => (await native("GET", "/again")).state === "finished", "the shell's end")
  expect(await server.listed("again")).toBeUndefined()
  const { id } = await native("GET", "/again")
  await native("POST", `/${id}/relaunch`)
  expect(await server.listed("again")).toMatchObject({ name: "again" })
  await using next = await server.join("again")
  expect(await next.run("echo once more")).toBe("once more")
  await server.kill("again")
})

function memoryOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) * 1024
}

/** Returns the number of ptys that the server and its helpers have open. */
function terminalsOpen(): number {
  let count = 0
  for (const pid of readdirSync("/proc")) {
    if (!/^\d+$/.test(pid)) continue
    try {
      if (!readFileSync(`/proc/${pid}/environ`, "latin1").includes(server.home.state)) continue
      for (const fd of readdirSync(`/proc/${pid}/fd`))
        if (readlinkSync(`/proc/${pid}/fd/${fd}`).endsWith("ptmx")) count++
    } catch {
      // the process has exited
    }
  }
  return count
}

const zombiesOf = (parent: number): number => childrenOf(parent).filter(isZombie).length

/** Reads the state from proc(5) stat, the first field after the name. A missing process was reaped. */
function isZombie(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, "latin1").includes(") Z ")
  } catch {
    return false
  }
}

function freePort(): Promise<number> {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } })
  const { port } = listener
  listener.stop(true)
  return Promise.resolve(port)
}

const accepts = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect(port, "127.0.0.1")
    socket.on("connect", () => {
      socket.destroy()
      resolve(true)
    })
    socket.on("error", () => resolve(false))
  })

async function eventuallyAsync(condition: () => Promise<boolean>, what: string): Promise<void> {
  const late = AbortSignal.timeout(20_000)
  while (!(await condition())) {
    if (late.aborted) throw new Error(`timed out waiting for ${what}`)
    await Bun.sleep(10)
  }
}
