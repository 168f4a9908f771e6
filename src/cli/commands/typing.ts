// `ptyline send`, `keys` and `paste`: the operation write, in a shell's words.

import { connect } from "../connect/connection.ts"
import type { Variables } from "../connect/target.ts"
import { parseFlags, UsageError } from "../lib/flags.ts"
import { KEYS, PASTE, SEND } from "./verbs.ts"

const VERBS = { send: SEND, keys: KEYS, paste: PASTE }

export async function typeInto(what: keyof typeof VERBS, args: string[], env: Variables): Promise<number> {
  const parsed = parseFlags(args, VERBS[what].flags)
  const [id, ...words] = parsed.words
  const { enter, stdin, client } = parsed.values
  if (id === undefined) throw new UsageError(`${what} needs ID`)
  if (stdin ? words.length > 0 : words.length === 0 && !enter)
    throw new UsageError(
      stdin ? "--stdin takes the place of words" : `${what} needs ${what === "keys" ? "KEY" : "TEXT"}`,
    )
  const text = (stdin ? await allOfStdin() : words.join(" ")) + (enter ? "\r" : "")
  const input = what === "keys" ? { keys: words } : what === "paste" ? { paste: text } : { text }
  await using connection = await connect(parsed, env)
  await connection.call("write", { id, client: client as string | undefined, ...input })
  return 0
}

async function allOfStdin(): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of process.stdin) pieces.push(piece)
  return Buffer.concat(pieces).toString("utf8")
}
