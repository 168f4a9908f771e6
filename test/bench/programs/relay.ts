// The minimum of a server: passes the output of a program to one socket, whose peer counts. Stores nothing.
// Arguments: "terminal" or "pipe", and a command line for sh that starts at Enter. Prints a `Seen` as JSON.

import { Outbox } from "../../../src/backends/holder/outbox.ts"
import type { Seen } from "./viewer.ts"

const [kind, command, port] = process.argv.slice(2)

/** The peer, in a separate process. */
async function count(): Promise<void> {
  const ended = Promise.withResolvers<void>()
  let bytes = 0
  const data = (_: unknown, piece: Uint8Array) => {
    bytes += piece.length
  }
  await Bun.connect({
    hostname: "127.0.0.1",
    port: Number(port),
    socket: { data, close: () => ended.resolve() },
  })
  await ended.promise
  console.log(bytes)
}

async function relay(): Promise<Seen> {
  const opened = Promise.withResolvers<void>()
  const box = new Outbox()
  let drained = Promise.withResolvers<void>()
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open(socket) {
        box.open(socket)
        opened.resolve()
      },
      drain() {
        box.flush()
        if (box.empty) drained.resolve()
      },
      data: () => {},
    },
  })
  const words = [process.execPath, import.meta.path, "", "", String(server.port)]
  const other = Bun.spawn(words, { stdout: "pipe", stderr: "inherit" })
  await opened.promise
  const begun = performance.now()
  let pieces = 0
  const pass = (bytes: Uint8Array) => {
    pieces++
    box.push(bytes)
  }
  const empty = () => {
    if (box.empty) return
    drained = Promise.withResolvers()
    return drained.promise
  }
  const code = await (kind === "terminal" ? ofTerminal(pass) : ofPipe(pass, empty))
  await empty()
  server.stop(true)
  const bytes = Number(await new Response(other.stdout).text())
  return { bytes, ms: performance.now() - begun, lost: 0, pieces, code }
}

async function ofTerminal(pass: (bytes: Uint8Array) => void): Promise<number> {
  const ended = Promise.withResolvers<void>()
  const data = (_: unknown, bytes: Uint8Array) => pass(bytes)
  const terminal = { cols: 120, rows: 30, data, exit: () => ended.resolve() }
  const child = Bun.spawn(["/bin/sh", "-c", command!], { terminal })
  child.terminal!.write("\n")
  await ended.promise
  return child.exited
}

/** Reads only as much as the socket accepts. */
async function ofPipe(
  pass: (bytes: Uint8Array) => void,
  empty: () => Promise<void> | undefined,
): Promise<number> {
  const child = Bun.spawn(["/bin/sh", "-c", command!], { stdin: "pipe", stdout: "pipe" })
  child.stdin.write("\n")
  child.stdin.flush()
  for await (const bytes of child.stdout) {
    pass(bytes)
    await empty()
  }
  return child.exited
}

if (port) await count()
else console.log(JSON.stringify(await relay()))
process.exit(0)
