// `ptyline rename`: the operation update, for the name alone.

import { sessionLine } from "../../ops/sessions/table.ts"
import { connect } from "../connect/connection.ts"
import type { Variables } from "../connect/target.ts"
import { parseFlags, UsageError } from "../lib/flags.ts"
import { put } from "../lib/print.ts"
import { noMore } from "./session-words.ts"
import { RENAME } from "./verbs.ts"

export async function rename(args: string[], env: Variables): Promise<number> {
  const parsed = parseFlags(args, RENAME.flags)
  const [id, name, surplus] = parsed.words
  if (id === undefined || name === undefined) throw new UsageError("rename needs ID and NAME")
  noMore(surplus)
  await using connection = await connect(parsed, env)
  const session = await connection.call("update", { id, name })
  await put(1, parsed.values.json ? `${JSON.stringify(session)}\n` : sessionLine(session))
  return 0
}
