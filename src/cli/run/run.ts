// `ptyline run`: runs a program as a child of this process, or as a session of a server.

import { hasCode } from "../../core/lib/errors.ts"
import type { Variables } from "../lib/flags.ts"
import { put, say } from "../lib/print.ts"
import { CastFile } from "./cast.ts"
import { type RunResult, runHere } from "./here.ts"
import { type RunOptions, runOptions } from "./options.ts"
import { lastLines, Outlet } from "./outlet.ts"
import { specOf } from "./spec.ts"
import { statusOf, TIMED_OUT } from "./status.ts"

/** Resolves with the exit code. */
export async function run(args: string[], env: Variables): Promise<number> {
  const options = await runOptions(args, env)
  const { name, until, parsed } = options
  const elsewhere = parsed.values.url ?? parsed.values.profile ?? env.PTYLINE_URL ?? env.PTYLINE_PROFILE
  if (name !== undefined || until !== undefined || elsewhere)
    return (await import("./session.ts")).runAsSession(options, env)
  try {
    return await here(options, env)
  } catch (error) {
    return startFailure(error)
  }
}

async function here(options: RunOptions, env: Variables): Promise<number> {
  const spec = specOf(options, env)
  const cast =
    options.record === null ? null : new CastFile(options.record, spec.size, spec.argv, options.pty)
  const shown = !options.json && options.tail === null
  const outlet = new Outlet({ shown, keep: !shown, cast })
  const ended = await runHere(spec, outlet, options)
  const status = ended.timedOut ? TIMED_OUT : statusOf(ended.exit)
  cast?.end(status)
  await conclude(options, outlet, ended, status)
  return status
}

/** Prints what is due at the end. */
async function conclude(
  options: RunOptions,
  outlet: Outlet,
  ended: RunResult,
  status: number,
): Promise<void> {
  if (ended.timedOut) say(`ptyline run: ended after its time limit of ${options.timeoutMs! / 1000} s`)
  if (options.json) return put(1, `${JSON.stringify(resultOf(outlet, ended))}\n`)
  if (options.tail === null || (options.quiet && status === 0)) return
  const { text, omitted } = outlet.tail
  const lines = lastLines(text, options.tail)
  const cut = omitted + Buffer.byteLength(text) - Buffer.byteLength(lines)
  if (cut > 0) say(`ptyline run: ${cut} earlier bytes are not shown`)
  await put(1, lines)
}

/** The same shape that the operation `run` returns over HTTP. */
function resultOf(outlet: Outlet, { exit, at, timedOut }: RunResult): Record<string, unknown> {
  const { text, omitted } = outlet.tail
  return {
    exit: { ...exit, at: at.toISOString() },
    data: text,
    omitted,
    session_id: null,
    timed_out: timedOut,
  }
}

/** Returns the exit code of a shell for a program that is missing (127) or cannot be run (126). */
function startFailure(error: unknown): number {
  if (!hasCode(error, "spawn_failed")) throw error
  say(`ptyline run: ${error.message}`)
  if (error.details.cwd !== undefined) return 1
  return error.details.errno === "ENOENT" || error.details.errno === "ENOTDIR" ? 127 : 126
}
