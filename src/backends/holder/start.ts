// Start of a holder: this program in a new process session, with its configuration on stdin.

import { self } from "#runtime/self.ts"
import { spawnChild } from "#runtime/spawn.ts"
import { type ErrorCode, PtylineError } from "../../core/lib/errors.ts"
import type { DescriptorReader, SpawnedChild } from "../../runtime/types.ts"
import type { HolderConfig, HolderReply } from "./config.ts"

/** Variables of the server that a holder gets: enough to run, without secrets. Deno caches in DENO_DIR. */
const VARIABLES = ["PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "DENO_DIR"]

/** Resolves with the holder's process id once it serves. Rejects with the reason why it cannot. */
export async function startHolder(config: HolderConfig): Promise<number> {
  const env: Record<string, string> = Object.fromEntries(
    VARIABLES.flatMap(name => (process.env[name] ? [[name, process.env[name]]] : [])),
  )
  const holder = spawnHolder(env, config)
  const reply = await firstLine(holder.stdout!)
  if (reply === null) throw new PtylineError("unavailable", "the session's holder did not start")
  if ("error" in reply) {
    const { code, message, details } = reply.error
    throw new PtylineError(code as ErrorCode, message, details)
  }
  return holder.pid
}

function spawnHolder(env: Record<string, string>, config: HolderConfig): SpawnedChild {
  try {
    const program = { argv: [...self.command(), "__holder"], cwd: "/", env }
    const holder = spawnChild(program, { stdin: "piped", stdout: "piped", stderr: "ignored" }, () => {})
    // fails when the holder has exited; then it does not reply either
    void holder.stdin!.write(Buffer.from(JSON.stringify(config))).catch(() => {})
    holder.stdin!.end()
    return holder
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new PtylineError("unavailable", `a holder could not be started: ${code}`, { errno: code })
  }
}

async function firstLine(from: DescriptorReader): Promise<HolderReply | null> {
  const decoder = new TextDecoder()
  let text = ""
  try {
    while (!text.includes("\n")) {
      const bytes = await from.read()
      if (!bytes) return null
      text += decoder.decode(bytes, { stream: true })
    }
  } finally {
    from.close()
  }
  return JSON.parse(text) as HolderReply
}
