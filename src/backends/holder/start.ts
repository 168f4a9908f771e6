// Starting a holder: the same program once more, in a session of its own, told over its stdin what to hold.

import { type ErrorCode, PtylineError } from "../../core/lib/errors.ts"
import type { HolderConfig, HolderReady } from "./config.ts"

/** What the holder sees of the server's environment: enough to run, none of its secrets. */
const KEPT = ["PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ"]

/** Starts a holder for `birth`. Resolves with its process id when it serves its socket; rejects with why its program cannot run. */
export async function startHolder(birth: HolderConfig): Promise<number> {
  const env: Record<string, string> = Object.fromEntries(
    KEPT.flatMap(name => (process.env[name] ? [[name, process.env[name]]] : [])),
  )
  const holder = spawnHolder(env, birth)
  const answer = await firstLine(holder.stdout)
  if (answer === null) throw new PtylineError("unavailable", "the session's holder did not start")
  if ("error" in answer) {
    const { code, message, details } = answer.error
    throw new PtylineError(code as ErrorCode, message, details)
  }
  return holder.pid
}

function spawnHolder(env: Record<string, string>, birth: HolderConfig) {
  try {
    const holder = Bun.spawn([...ownCommand(), "__holder"], {
      cwd: "/",
      env,
      stdin: new Blob([JSON.stringify(birth)]),
      stdout: "pipe",
      stderr: "ignore",
      detached: true,
    })
    holder.unref()
    return holder
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new PtylineError("unavailable", `a holder cannot be started: ${code}`, { errno: code })
  }
}

/** This very program as a command: the executable, or Bun and the script it runs. */
export function ownCommand(): string[] {
  if (Bun.isStandaloneExecutable) return [process.execPath]
  return [process.execPath, new URL("../../../bin/ptyline.ts", import.meta.url).pathname]
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<HolderReady | null> {
  const reader = stream.getReader()
  let text = ""
  const decoder = new TextDecoder()
  while (!text.includes("\n")) {
    const { done, value } = await reader.read()
    if (done) return null
    text += decoder.decode(value, { stream: true })
  }
  void reader.cancel()
  return JSON.parse(text) as HolderReady
}
