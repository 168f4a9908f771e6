// `ptyline rename`: the operation update, for the name alone.

import { sessionLine } from "../../ops/table.ts"
import { connect } from "../connection.ts"
import { parseFlags, UsageError } from "../flags.ts"
import { put } from "../print.ts"
import type { Env } from "../target.ts"
import { RENAME } from "./verbs.ts"
import { noMore } from "./words.ts"

export async function rename(args: string[], env: Env): Promise<number> {
  const parsed = parseFlags(args, RENAME.flags)
  const [id, name, surplus] = parsed.words
  if (id === undefined || name === undefined) throw new UsageError("rename needs ID and NAME")
  noMore(surplus)
  await using connection = await connect(parsed, env)
  const session = await connection.call("update", { id, name })
  await put(1, parsed.values.json ? `${JSON.stringify(session)}\n` : sessionLine(session))
  return 0
}
