// `ptyline rename`: the operation update, with the name only.

import { sessionLine } from "../../ops/sessions/table.ts"
import { connect } from "../connect/connect.ts"
import { type Parsed, refuseWord, UsageError, type Variables } from "../lib/flags.ts"
import { put } from "../lib/print.ts"

export async function rename(parsed: Parsed, env: Variables): Promise<number> {
  const [id, name, surplus] = parsed.words
  if (id === undefined || name === undefined) throw new UsageError("rename takes ID and NAME")
  refuseWord(surplus)
  await using connection = await connect(parsed, env)
  const session = await connection.call("update", { id, name })
  await put(1, parsed.values.json ? `${JSON.stringify(session)}\n` : sessionLine(session))
  return 0
}
