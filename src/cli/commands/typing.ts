// `ptyline send`, `keys` and `paste`: the operation write, as shell commands.

import { connect } from "../connect/connect.ts"
import { type Parsed, UsageError, type Variables } from "../lib/flags.ts"

export async function typeInto(
  command: "send" | "keys" | "paste",
  parsed: Parsed,
  env: Variables,
): Promise<number> {
  const [id, ...words] = parsed.words
  const { enter, stdin, client } = parsed.values
  if (id === undefined) throw new UsageError("missing ID")
  if (stdin && words.length > 0)
    throw new UsageError(`--stdin replaces TEXT; unexpected argument ${JSON.stringify(words[0])}`)
  if (!stdin && words.length === 0 && !enter)
    throw new UsageError(`missing ${command === "keys" ? "KEY" : "TEXT"}`)
  const text = (stdin ? await readStdin() : words.join(" ")) + (enter ? "\r" : "")
  const input = command === "keys" ? { keys: words } : command === "paste" ? { paste: text } : { text }
  await using connection = await connect(parsed, env)
  await connection.call("write", { id, client: client as string | undefined, ...input })
  return 0
}

async function readStdin(): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of process.stdin) pieces.push(piece)
  return Buffer.concat(pieces).toString("utf8")
}
