// `ptyline open`: opens the page of this machine's server in a browser, signed in.

import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { PtylineError } from "../../core/lib/errors.ts"
import { serverRecord, stateDirectory } from "../../store/state/directory.ts"
import { connect } from "../connect/connect.ts"
import { type Parsed, refuseWord, type Variables } from "../lib/flags.ts"
import { put } from "../lib/print.ts"

const OPENERS: Partial<Record<NodeJS.Platform, string>> = { darwin: "open", win32: "explorer" }

export async function open({ values, words }: Parsed, env: Variables): Promise<number> {
  const [id, surplus] = words
  refuseWord(surplus)
  await using connection = await connect({ values: {}, words: [] }, env)
  const session = id === undefined ? null : await connection.call("get", { id })
  const address = addressOf(env, session?.id ?? null)
  if (values.print) await put(1, `${address}\n`)
  else await show(address, env.BROWSER || (OPENERS[process.platform] ?? "xdg-open"))
  return 0
}

/** Returns the address; its fragment has the session and the token. */
function addressOf(env: Variables, session: string | null): string {
  const directory = stateDirectory(env)
  const url = serverRecord(directory)?.url
  if (!url)
    throw new PtylineError(
      "unavailable",
      "the server does not listen on a port; start one with: ptyline serve",
    )
  const token = readFileSync(join(directory, "token"), "utf8").trim()
  const path = session === null ? "" : `/s/${encodeURIComponent(session)}`
  return `${url}#${[path, token && `token=${token}`].filter(Boolean).join("&")}`
}

async function show(address: string, browser: string): Promise<void> {
  const child = spawn(browser, [address], { stdio: "ignore", detached: true })
  await once(child, "spawn").catch(() => {
    throw new PtylineError("unavailable", `cannot run ${browser}; to print the address: ptyline open --print`)
  })
  child.unref()
}
