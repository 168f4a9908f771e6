// Start of a holder: this program in a new process session, with its configuration on stdin.

import { type ErrorCode, PtylineError } from "../../core/lib/errors.ts"
import type { HolderConfig, HolderReply } from "./config.ts"

/** Variables of the server that a holder gets: enough to run, without secrets. */
const VARIABLES = ["PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ"]

/** Resolves with the holder's process id once it serves. Rejects with the reason why it cannot. */
export async function startHolder(config: HolderConfig): Promise<number> {
  const env: Record<string, string> = Object.fromEntries(
    VARIABLES.flatMap(name => (process.env[name] ? [[name, process.env[name]]] : [])),
  )
  const holder = spawnHolder(env, config)
  const reply = await firstLine(holder.stdout)
  if (reply === null) throw new PtylineError("unavailable", "the session's holder did not start")
  if ("error" in reply) {
    const { code, message, details } = reply.error
    throw new PtylineError(code as ErrorCode, message, details)
  }
  return holder.pid
}

function spawnHolder(env: Record<string, string>, config: HolderConfig) {
  try {
    const holder = Bun.spawn([...ownCommand(), "__holder"], {
      cwd: "/",
      env,
      stdin: new Blob([JSON.stringify(config)]),
      stdout: "pipe",
      stderr: "ignore",
      detached: true,
    })
    holder.unref()
    return holder
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new PtylineError("unavailable", `a holder could not be started: ${code}`, { errno: code })
  }
}

/** Returns the command that runs this program: the executable, or Bun with its script. */
export function ownCommand(): string[] {
  if (Bun.isStandaloneExecutable) return [process.execPath]
  return [process.execPath, new URL("../../../bin/ptyline.ts", import.meta.url).pathname]
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<HolderReply | null> {
  const reader = stream.getReader()
  let text = ""
  const decoder = new TextDecoder()
  while (!text.includes("\n")) {
    const { done, value } = await reader.read()
    if (done) return null
    text += decoder.decode(value, { stream: true })
  }
  void reader.cancel()
  return JSON.parse(text) as HolderReply
}
