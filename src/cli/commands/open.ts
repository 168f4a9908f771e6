// `ptyline open`: this machine's server in a browser, signed in.

import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { PtylineError } from "../../core/lib/errors.ts"
import { serverRecord, stateDirectory } from "../../store/state/directory.ts"
import { connect } from "../connect/connection.ts"
import type { Variables } from "../connect/target.ts"
import { parseFlags } from "../lib/flags.ts"
import { put } from "../lib/print.ts"
import { noMore } from "./session-words.ts"
import { OPEN } from "./verbs.ts"

const OPENERS: Partial<Record<NodeJS.Platform, string>> = { darwin: "open", win32: "explorer" }

export async function open(args: string[], env: Variables): Promise<number> {
  const { values, words } = parseFlags(args, OPEN.flags)
  const [id, surplus] = words
  noMore(surplus)
  await using connection = await connect({ values: {}, words: [] }, env)
  const session = id === undefined ? null : await connection.call("get", { id })
  const address = addressOf(env, session?.id ?? null)
  if (values.print) await put(1, `${address}\n`)
  else await show(address, env.BROWSER || (OPENERS[process.platform] ?? "xdg-open"))
  return 0
}

/** The page takes its token, and which session it is to show, from the part behind #. */
function addressOf(env: Variables, session: string | null): string {
  const directory = stateDirectory(env)
  const url = serverRecord(directory)?.url
  if (!url) throw new PtylineError("unavailable", "the server listens on no port that a browser could open")
  const token = readFileSync(join(directory, "token"), "utf8").trim()
  const place = session === null ? "" : `/s/${encodeURIComponent(session)}`
  return `${url}#${[place, token && `token=${token}`].filter(Boolean).join("&")}`
}

async function show(address: string, browser: string): Promise<void> {
  const child = spawn(browser, [address], { stdio: "ignore", detached: true })
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", () => resolve())
    child.once("error", () =>
      reject(
        new PtylineError("unavailable", `cannot run ${browser}; ptyline open --print gives the address`),
      ),
    )
  })
  child.unref()
}
