// A home with a running server for a test file, stopped after its last test, and commands that must succeed.

import { afterAll } from "bun:test"
import { Home, type Served } from "../program.ts"

export type ServedHome = {
  home: Home
  server: Served
  /** Runs one command and returns its stdout. Rejects when it fails. */
  ok: (...args: string[]) => Promise<string>
}

export async function servedHome(): Promise<ServedHome> {
  const home = new Home()
  const server = await home.serve()
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
    home[Symbol.dispose]()
  })
  return { home, server, ok: succeeding(home) }
}

/** Returns a function that runs a command in `home`, resolves with its stdout, and rejects if it fails. */
export const succeeding =
  (home: Home) =>
  async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await home.run(...args)
    if (code !== 0) throw new Error(`${args.join(" ")}: ${code} ${stderr}`)
    return stdout
  }
