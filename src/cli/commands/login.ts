// `ptyline login`: asks for a server's token, checks it, and saves it.

import { isatty } from "node:tty"
import { httpCall } from "../../http/api/client.ts"
import { CallerTerminal } from "../attach/terminal.ts"
import { writeProfile } from "../connect/profiles.ts"
import { checkedUrl } from "../connect/target.ts"
import { oneWord, type Parsed, UsageError, type Variables } from "../lib/flags.ts"
import { put, putNow } from "../lib/print.ts"

export async function login(parsed: Parsed, env: Variables): Promise<number> {
  const word = oneWord(parsed, "URL")
  if (parsed.values.forget) {
    writeProfile(word, null, env)
    return 0
  }
  const url = checkedUrl("login", word)
  const name = (parsed.values.name as string | undefined) ?? new URL(url).hostname
  const token = url.startsWith("ssh:") ? undefined : await readToken(url)
  if (token !== undefined) await httpCall(url.endsWith("/") ? url : `${url}/`, { token })("server", {})
  writeProfile(name, { url, ...(token && { token }) }, env)
  await put(1, `${name}\t${url}\n`)
  return 0
}

async function readToken(url: string): Promise<string> {
  const text = isatty(0) ? await promptSecret(`token of ${url}: `) : await firstLine()
  if (text !== "") return text
  throw new UsageError("no token given; type it, or pass it on stdin")
}

async function firstLine(): Promise<string> {
  let text = ""
  for await (const piece of process.stdin) text += piece
  return text.split("\n")[0]!.trim()
}

/** Reads a line from the terminal without showing it. */
async function promptSecret(question: string): Promise<string> {
  const terminal = await CallerTerminal.open()
  const { promise, resolve } = Promise.withResolvers<string>()
  let text = ""
  terminal.onInput(bytes => {
    for (const char of Buffer.from(bytes).toString("utf8")) {
      if (char === "\r" || char === "\n") resolve(text)
      else if (char === "\x03" || char === "\x04") resolve("")
      else if (char === "\x7f") text = text.slice(0, -1)
      else text += char
    }
  })
  putNow(2, question)
  terminal.raw()
  try {
    return await promise
  } finally {
    terminal.close()
    putNow(2, "\n")
  }
}
