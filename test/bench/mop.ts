// MOP: time from a write to its echo on the socket, a read of all retained output, and cost of idle sessions.

import { type Bench, median, percentile } from "./lib/figures.ts"
import { Server } from "./lib/server.ts"

const ROUNDS = 300
const READS = 40
const SESSIONS = 200
/** Output that MOP retains of a session, in bytes. */
const RETAINED = 1 << 20

async function post<T>({ origin }: Server, path: string, body: object): Promise<T> {
  const headers = { "content-type": "application/json" }
  const response = await fetch(origin + path, { method: "POST", headers, body: JSON.stringify(body) })
  return (await response.json()) as T
}

const init = async (server: Server): Promise<string> =>
  (await post<{ key: string }>(server, "/mop/init", {})).key

/** Waits until the output of a session ends with a text. */
async function printed(server: Server, key: string, end: string): Promise<void> {
  for (;;) {
    const { stdout } = await post<{ stdout: string[] }>(server, "/mop/read", { key })
    if (stdout.join("").endsWith(end)) return
    await Bun.sleep(20)
  }
}

/** Ms from the write request to the frame with its echo. */
async function echoTimes(server: Server): Promise<number[]> {
  const key = await init(server)
  await printed(server, key, "ready")
  const { alias } = await post<{ alias: string }>(server, "/mop/alias", { key })
  const socket = new WebSocket(`${server.origin.replace("http", "ws")}/mop/power/sock/${alias}`)
  let text = ""
  let heard = () => {}
  socket.onmessage = ({ data }) => {
    text += JSON.parse(data).stdout
    heard()
  }
  await new Promise(resolve => {
    socket.onopen = resolve
  })
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const mark = `<${round}>`
    const arrived = new Promise<void>(resolve => {
      heard = () => text.includes(mark) && resolve()
    })
    const begun = performance.now()
    const answered = post(server, "/mop/write", { key, stdin: mark })
    await arrived
    times.push(performance.now() - begun)
    await answered
  }
  socket.close()
  return times
}

async function readTimes(server: Server): Promise<number[]> {
  const key = await init(server)
  await printed(server, key, "END\r\n")
  const times: number[] = []
  for (let i = 0; i < READS; i++) {
    const begun = performance.now()
    const { stdout } = await post<{ stdout: string[] }>(server, "/mop/read", { key })
    times.push(performance.now() - begun)
    const bytes = stdout.join("").length
    if (bytes < RETAINED * 0.9) throw new Error(`only ${bytes} bytes were read`)
  }
  return times
}

const flags = (command: string) => ["--no-pub-process", "--max-sessions", "1000", "-c", command]

export const mop: Bench = {
  name: "mop",
  async run(report) {
    {
      await using server = await Server.start({
        flags: flags("sh -c 'stty raw -echo; printf ready; exec cat'"),
      })
      const times = await echoTimes(server)
      const [measured, p99] = [median(times), percentile(times, 99)]
      const note = `p99 ${p99.toFixed(2)}`
      report({
        name: "MOP write to socket, p50",
        measured,
        unit: "ms",
        target: "< 2",
        met: measured < 2,
        note,
      })
    }
    {
      const command = `perl -e 'print "coloured \\e[32mline\\e[0m $_\\n" for 1 .. 60000; print "END\\n"; sleep 1000'`
      await using server = await Server.start({ flags: flags(command) })
      const measured = median(await readTimes(server))
      report({ name: "MOP read of 1 MiB, p50", measured, unit: "ms", target: "< 15", met: measured < 15 })
    }
    for (const holders of ["true", "false"]) {
      await using server = await Server.start({
        flags: flags("sleep 1000"),
        env: { PTYLINE_HOLDERS: holders },
      })
      const first = await init(server)
      await post(server, "/mop/end", { key: first })
      const before = server.rss
      const keys: string[] = []
      for (let i = 0; i < SESSIONS; i++) keys.push(await init(server))
      await Bun.sleep(1000)
      const measured = (server.rss - before) / (1 << 20)
      const name = `${SESSIONS} idle MOP sessions ${holders === "true" ? "with" : "without"} holders: server memory`
      report({ name, measured, unit: "MiB", target: "< 25", met: measured < 25 })
    }
  },
}
