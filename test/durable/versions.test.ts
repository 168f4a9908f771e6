// Servers and holders of different versions: what one says that the other has never heard of is passed over, both ways.

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
import { type Phoenix, phoenix } from "./phoenix.ts"

type Frame = { type: number; body: Uint8Array }
type Change = (frame: Frame) => Uint8Array[]

const UNKNOWN = { toServer: 120, toHolder: 60 }
const later = (type: number) => holderFrame(type, Buffer.from('{"later":true}'))
const pass = ({ type, body }: Frame) => holderFrame(type, body)

/** JSON frames as a later version sends them: with a field that nobody knows yet. */
const MESSAGES = [
  HolderFrame.hello,
  HolderFrame.taken,
  HolderFrame.attach,
  HolderFrame.resize,
  HolderFrame.exit,
] as number[]
const extended = ({ type, body }: Frame): Uint8Array => {
  if (!MESSAGES.includes(type)) return pass({ type, body })
  const said = { ...JSON.parse(Buffer.from(body).toString()), later: { nested: [1] } }
  return holderFrame(type, Buffer.from(JSON.stringify(said)))
}

/** What the first version's `hello` had, and no more. */
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

/** Stands between a server and a holder and changes what they say, frame by frame, as another version would say it. */
function between(
  path: string,
  holder: string,
  toServer: Change,
  toHolder: Change,
): Bun.UnixSocketListener<Line> {
  return Bun.listen<Line>({
    unix: path,
    socket: {
      async open(server) {
        server.data = new Line(toHolder)
        const line = server.data
        const back = new FrameSplitter()
        line.holder = await Bun.connect({
          unix: holder,
          socket: {
            data: (_, bytes) => {
              for (const frame of back.push(bytes.slice()))
                for (const out of toServer(frame)) server.write(out)
            },
            close: () => void server.end(),
          },
        })
        line.flush()
      },
      data: (server, bytes) => server.data.heard(bytes),
      close: server => void server.data.holder?.end(),
    },
  })
}

class Line {
  holder: { write(bytes: Uint8Array): number; end(): void } | null = null
  #change: Change
  #splitter = new FrameSplitter()
  #waiting: Uint8Array[] = []

  constructor(change: Change) {
    this.#change = change
  }

  heard(bytes: Uint8Array): void {
    for (const frame of this.#splitter.push(bytes.slice())) this.#waiting.push(...this.#change(frame))
    this.flush()
  }

  flush(): void {
    if (this.holder) for (const bytes of this.#waiting.splice(0)) this.holder.write(bytes)
  }
}

/** Puts the changes between the killed server's only holder and the next server. */
function interpose(server: Phoenix, toServer: Change, toHolder: Change) {
  const { state, path } = server.home
  const socket = join(state, readdirSync(state).find(name => name.endsWith(".hold"))!)
  const away = join(path, "holder.sock")
  renameSync(socket, away)
  return between(socket, away, toServer, toHolder)
}

const versions: Record<string, [toServer: Change, toHolder: Change]> = {
  "a later holder": [frame => [later(UNKNOWN.toServer), extended(frame)], frame => [pass(frame)]],
  "a later server": [frame => [pass(frame)], frame => [later(UNKNOWN.toHolder), extended(frame)]],
  "a holder of the first version": [asAtFirst, frame => [pass(frame)]],
}

for (const [name, [toServer, toHolder]] of Object.entries(versions))
  test(`${name}: taken up, typed into, resized, and its exit and every byte arrive`, async () => {
    await using server = await phoenix()
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
    await server.rise()
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

test("a server of the first version, which knows only these frames, can drive a holder of today", async () => {
  await using server = await phoenix()
  const { id, pid } = await server.create({ argv: ["sh", "-c", "stty -echo; read x; echo got $x; exit 3"] })
  await server.kill()
  const { state } = server.home
  const path = join(state, readdirSync(state).find(name => name.endsWith(".hold"))!)
  const splitter = new FrameSplitter()
  const heard: Frame[] = []
  const wire = await Bun.connect({
    unix: path,
    socket: { data: (_, bytes) => void heard.push(...splitter.push(bytes.slice())) },
  })
  const until = (type: number) => eventually(() => heard.some(frame => frame.type === type), `frame ${type}`)
  await until(HolderFrame.hello)
  const hello = parseMessage<"hello">(heard[0]!.body)
  expect(hello).toMatchObject({ id, pid, base: 0, cols: 120, rows: 30, exit: null, ended: false })
  wire.write(holderMessage("attach", { from: 0 }))
  wire.write(holderFrame(HolderFrame.input, Buffer.from("hi\n")))
  await Promise.all([until(HolderFrame.end), until(HolderFrame.exit)])
  const printed = heard
    .filter(({ type }) => type === HolderFrame.output)
    .map(({ body }) => parseOutput(body).bytes)
  expect(Buffer.concat(printed).toString()).toBe("got hi\r\n")
  const exit = heard.find(({ type }) => type === HolderFrame.exit)!
  expect(parseMessage<"exit">(exit.body)).toMatchObject({ code: 3, signal: null })
  wire.end()
}, 60_000)
