// Child processes for tests.

import { type ChildProcess, spawn as nodeSpawn, type StdioOptions } from "node:child_process"
import { accessSync, constants } from "node:fs"
import { join } from "node:path"
import { text } from "node:stream/consumers"

type Options = { cwd?: string; env?: NodeJS.ProcessEnv; input?: string }
/** `exited` resolves with the exit code; null after a signal. */
export type Spawned<Process extends ChildProcess = ChildProcess> = Process & {
  exited: Promise<number | null>
}

const IN_BUN = "Bun" in globalThis

/** The command that runs a script of this repository with the runtime of the tests. */
export const runCommand = (script: string, ...args: string[]): string[] =>
  IN_BUN ? [process.execPath, script, ...args] : [process.execPath, "run", "-A", script, ...args]

/** The command that runs a module's source text; its imports are relative to the working directory. */
export const evalCommand = (source: string): string[] =>
  IN_BUN ? [process.execPath, "-e", source] : [process.execPath, "eval", "--ext=ts", source]

/** Starts a program. `exited` rejects if the program cannot start. */
export function spawn<Process extends ChildProcess>(
  [program, ...args]: string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; stdio: StdioOptions },
): Spawned<Process> {
  const child = nodeSpawn(program!, args, options) as Process
  const { promise: exited, resolve, reject } = Promise.withResolvers<number | null>()
  child.once("exit", resolve)
  child.once("error", reject)
  // a program may exit before it has read its input
  child.stdin?.on("error", () => {})
  return Object.assign(child, { exited })
}

/** Runs a program to its end. */
export async function run(
  command: string[],
  { input = "", ...options }: Options = {},
): Promise<{ stdout: string; stderr: string; code: number | null }> {
  const child = spawn(command, { ...options, stdio: "pipe" })
  child.stdin!.end(input)
  const [stdout, stderr, code] = await Promise.all([text(child.stdout!), text(child.stderr!), child.exited])
  return { stdout, stderr, code }
}

/** Reports whether a program is in PATH. */
export function inPath(program: string): boolean {
  const folders = program.includes("/") ? [""] : (process.env.PATH ?? "").split(":")
  return folders.some(folder => isExecutable(join(folder, program)))
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
