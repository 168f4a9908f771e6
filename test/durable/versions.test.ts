// Servers and holders of different versions: each ignores unknown frames and fields of the other.

import { expect, test } from "bun:test"
import { readdirSync, renameSync } from "node:fs"
import { join } from "node:path"
import {
  FrameSplitter,
  HolderFrame,
  holderFrame,
  holderMessage,
  parseMessage,
  parseOutput,
} from "../../src/wire/holder.ts"
import { eventually } from "../helpers.ts"
import { type RestartableServer, restartable } from "./restartable-server.ts"

type Frame = { type: number; body: Uint8Array }
type Change = (frame: Frame) => Uint8Array[]

const UNKNOWN = { toServer: 120, toHolder: 60 }
const later = (type: number) => holderFrame(type, Buffer.from('{"later":true}'))
const pass = ({ type, body }: Frame) => holderFrame(type, body)

/** JSON frames as a later version sends them: with an unknown field. */
const MESSAGES = [
  HolderFrame.hello,
  HolderFrame.taken,
  HolderFrame.attach,
  HolderFrame.resize,
  HolderFrame.exit,
] as number[]
const extended = ({ type, body }: Frame): Uint8Array => {
  if (!MESSAGES.includes(type)) return pass({ type, body })
  const message = { ...JSON.parse(Buffer.from(body).toString()), later: { nested: [1] } }
  return holderFrame(type, Buffer.from(JSON.stringify(message)))
}

/** The fields of the first version's `hello`. */
const FIRST = ["version", "id", "pid", "base", "end", "cols", "rows", "exit", "ended"]
const asAtFirst = ({ type, body }: Frame): Uint8Array[] => {
  if (type !== HolderFrame.hello) return type > HolderFrame.behind ? [] : [pass({ type, body })]
  const hello: Record<string, unknown> = { ...JSON.parse(Buffer.from(body).toString()), version: 1 }
  return [
    holderFrame(
      type,
      Buffer.from(JSON.stringify(Object.fromEntries(FIRST.map(name => [name, hello[name]])))),
    ),
  ]
}

/** Proxy between a server and a holder. Changes each frame to what another version would send. */
function listenBetween(
  path: string,
  holder: string,
  toServer: Change,
  toHolder: Change,
): Bun.UnixSocketListener<HolderProxy> {
  return Bun.listen<HolderProxy>({
    unix: path,
    socket: {
      async open(server) {
        server.data = new HolderProxy(toHolder)
        const proxy = server.data
        const back = new FrameSplitter()
        proxy.holder = await Bun.connect({
          unix: holder,
          socket: {
            data: (_, bytes) => {
              for (const frame of back.push(bytes.slice()))
                for (const out of toServer(frame)) server.write(out)
            },
            close: () => void server.end(),
          },
        })
        proxy.flush()
      },
      data: (server, bytes) => server.data.received(bytes),
      close: server => void server.data.holder?.end(),
    },
  })
}

class HolderProxy {
  holder: { write(bytes: Uint8Array): number; end(): void } | null = null
  #change: Change
  #splitter = new FrameSplitter()
  #waiting: Uint8Array[] = []

  constructor(change: Change) {
    this.#change = change
  }

  received(bytes: Uint8Array): void {
    for (const frame of this.#splitter.push(bytes.slice())) this.#waiting.push(...this.#change(frame))
    this.flush()
  }

  flush(): void {
    if (this.holder) for (const bytes of this.#waiting.splice(0)) this.holder.write(bytes)
  }
}

/** Puts a proxy between the only holder of a killed server and the next server. */
function interpose(server: RestartableServer, toServer: Change, toHolder: Change) {
  const { state, path } = server.home
  const socket = join(state, readdirSync(state).find(name => name.endsWith(".hold"))!)
  const moved = join(path, "holder.sock")
  renameSync(socket, moved)
  return listenBetween(socket, moved, toServer, toHolder)
}

const versions: Record<string, [toServer: Change, toHolder: Change]> = {
  "a later holder": [frame => [later(UNKNOWN.toServer), extended(frame)], frame => [pass(frame)]],
  "a later server": [frame => [pass(frame)], frame => [later(UNKNOWN.toHolder), extended(frame)]],
  "a holder of the first version": [asAtFirst, frame => [pass(frame)]],
}

for (const [name, [toServer, toHolder]] of Object.entries(versions))
  test(`${name}: recovery, input, a resize, the exit and every byte work`, async () => {
    await using server = await restartable()
    const argv = [
      "sh",
      "-c",
      "stty -echo; echo ready; while read x; do echo got $x; [ $x = end ] && exit 5; done",
    ]
    const { id } = await server.create({ argv })
    const wait = (until: object) =>
      server.call("POST", `/v1/sessions/${id}/wait`, { until, from: 0, timeout_ms: 20_000 })
    const type = (text: string) => server.call("POST", `/v1/sessions/${id}/input`, { text })
    await wait({ match: ["ready"] })
    await server.kill()
    const proxy = interpose(server, toServer, toHolder)
    await server.start()
    await type("one\n")
    await wait({ match: ["got one"] })
    await server.call("POST", `/v1/sessions/${id}/resize`, { cols: 91, rows: 33 })
    await type("end\n")
    await wait({ exit: true })
    expect(await server.info(id)).toMatchObject({ state: "finished", exit: { code: 5 } })
    const { data } = (await server.call("GET", `/v1/sessions/${id}/output`)) as unknown as { data: string }
    expect(data).toBe("ready\r\ngot one\r\ngot end\r\n")
    proxy.stop(true)
  }, 60_000)

test("a server of the first version, which knows only these frames, works with a current holder", async () => {
  await using server = await restartable()
  const { id, pid } = await server.create({ argv: ["sh", "-c", "stty -echo; read x; echo got $x; exit 3"] })
  await server.kill()
  const { state } = server.home
  const path = join(state, readdirSync(state).find(name => name.endsWith(".hold"))!)
  const splitter = new FrameSplitter()
  const frames: Frame[] = []
  const socket = await Bun.connect({
    unix: path,
    socket: { data: (_, bytes) => void frames.push(...splitter.push(bytes.slice())) },
  })
  const until = (type: number) => eventually(() => frames.some(frame => frame.type === type), `frame ${type}`)
  await until(HolderFrame.hello)
  const hello = parseMessage<"hello">(frames[0]!.body)
  expect(hello).toMatchObject({ id, pid, base: 0, cols: 120, rows: 30, exit: null, ended: false })
  socket.write(holderMessage("attach", { from: 0 }))
  socket.write(holderFrame(HolderFrame.input, Buffer.from("hi\n")))
  await Promise.all([until(HolderFrame.end), until(HolderFrame.exit)])
  const printed = frames
    .filter(({ type }) => type === HolderFrame.output)
    .map(({ body }) => parseOutput(body).bytes)
  expect(Buffer.concat(printed).toString()).toBe("got hi\r\n")
  const exit = frames.find(({ type }) => type === HolderFrame.exit)!
  expect(parseMessage<"exit">(exit.body)).toMatchObject({ code: 3, signal: null })
  socket.end()
}, 60_000)
