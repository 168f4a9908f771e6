// Round trips of one key, in a separate process. Arguments: a count, and either "bare" and a command line
// for sh (a terminal in this process), or a port and a session id. The command prints "ready" first.
// Prints the times in ms as JSON.

import { attach } from "../lib/socket.ts"

type Line = { send(bytes: Uint8Array): void }
type Connect = (heard: (bytes: Uint8Array) => void) => Line | Promise<Line>

const WARM_UP = 100
const KEY = Uint8Array.of(0x78)

const bare =
  (command: string): Connect =>
  heard => {
    const child = Bun.spawn(["/bin/sh", "-c", command], {
      terminal: { cols: 120, rows: 30, data: (_, bytes) => heard(bytes) },
    })
    return { send: bytes => void child.terminal!.write(bytes as Uint8Array<ArrayBuffer>) }
  }

const remote =
  (port: number, id: string): Connect =>
  heard =>
    attach(port, id, "mode=control&snapshot=never", { bytes: heard })

async function roundTrips(count: number, connect: Connect): Promise<number[]> {
  const times: number[] = []
  let text = ""
  let resolve = () => {}
  const line = await connect(bytes => {
    text += Buffer.from(bytes).toString("latin1")
    resolve()
  })
  const heard = async (end: string) => {
    while (!text.endsWith(end))
      await new Promise<void>(done => {
        resolve = done
      })
    text = ""
  }
  await heard("ready")
  for (let i = -WARM_UP; i < count; i++) {
    const begun = performance.now()
    line.send(KEY)
    await heard("x")
    if (i >= 0) times.push(performance.now() - begun)
    if (i % 8 === 0) await Bun.sleep(1)
  }
  return times
}

const [count, where, what] = process.argv.slice(2)
const connect = where === "bare" ? bare(what!) : remote(Number(where), what!)
console.log(JSON.stringify(await roundTrips(Number(count), connect)))
process.exit(0)
