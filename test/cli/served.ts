// A home with a server in it for a test file, ended behind its last test, and commands that must succeed there.

import { afterAll } from "bun:test"
import { Home, type Served } from "../program.ts"

export type ServedHome = {
  home: Home
  server: Served
  /** Runs one command and answers what it printed; rejects when it fails. */
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

/** Runs one command in `home` and answers what it printed; rejects when it fails. */
export const succeeding =
  (home: Home) =>
  async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await home.run(...args)
    if (code !== 0) throw new Error(`${args.join(" ")}: ${code} ${stderr}`)
    return stdout
  }
