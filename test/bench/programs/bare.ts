// The baseline: Bun reading the output of a program, and nothing else. Arguments: "terminal" or "pipe", and
// a command line for sh that starts at Enter. Prints a `Seen` as JSON.

import type { Seen } from "./viewer.ts"

async function readTerminal(command: string, seen: Seen): Promise<void> {
  const ended = Promise.withResolvers<void>()
  const child = Bun.spawn(["/bin/sh", "-c", command], {
    terminal: {
      cols: 120,
      rows: 30,
      data: (_, bytes) => count(seen, bytes),
      exit: () => ended.resolve(),
    },
  })
  child.terminal!.write("\n")
  await ended.promise
  seen.code = await child.exited
}

async function readPipe(command: string, seen: Seen): Promise<void> {
  const child = Bun.spawn(["/bin/sh", "-c", command], { stdin: "pipe", stdout: "pipe", stderr: "pipe" })
  child.stdin.write("\n")
  child.stdin.flush()
  for await (const bytes of child.stdout) count(seen, bytes)
  seen.code = await child.exited
}

function count(seen: Seen, bytes: Uint8Array): void {
  seen.bytes += bytes.length
  seen.pieces++
}

const [kind, command] = process.argv.slice(2)
const seen: Seen = { bytes: 0, ms: 0, lost: 0, pieces: 0, code: null }
const begun = performance.now()
await (kind === "terminal" ? readTerminal : readPipe)(command!, seen)
seen.ms = performance.now() - begun
console.log(JSON.stringify(seen))
process.exit(0)
