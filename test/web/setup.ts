// The server and the browser of a test file, ended behind its last test.

import { afterAll } from "bun:test"
import type { Browser } from "playwright-core"
import { browserExists, launch } from "./browser.ts"
import { startServer, type TestServer } from "./server.ts"

export type Setup = { server: TestServer; browser: Browser }

/** `flags` are the server's. Where there is no browser nothing is started, as the tests are skipped then. */
export async function startBrowserAndServer(...flags: string[]): Promise<Setup> {
  if (!browserExists()) return {} as Setup
  const [server, browser] = await Promise.all([startServer(...flags), launch()])
  afterAll(async () => {
    await browser.close()
    await server[Symbol.asyncDispose]()
  })
  return { server, browser }
}
