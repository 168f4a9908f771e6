// Server and browser of a test file. Both end after its last test.

import { afterAll } from "bun:test"
import type { Browser } from "playwright-core"
import { browserExists, launch } from "./browser.ts"
import { startServer, type TestServer } from "./server.ts"

export type Setup = { server: TestServer; browser: Browser }

/** Starts both, with `flags` for the server. Starts nothing without a browser: the tests are then skipped. */
export async function startBrowserAndServer(...flags: string[]): Promise<Setup> {
  if (!browserExists()) return {} as Setup
  const [server, browser] = await Promise.all([startServer(...flags), launch()])
  afterAll(async () => {
    await browser.close()
    await server[Symbol.asyncDispose]()
  })
  return { server, browser }
}
