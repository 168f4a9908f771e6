// Chromium for tests of the page, and helpers for pages.

import { existsSync } from "node:fs"
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core"
import type { TestServer } from "./server.ts"

const PATHS = [
  process.env.CHROMIUM ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
]
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
]

const executablePath = PATHS.find(path => path !== "" && existsSync(path))

/**
 * For `setDefaultTimeout`, which applies to one file. After a timeout Bun kills all child processes, server
 * and browser included, and all later tests of the file fail. So it is much longer than any test takes.
 */
export const BROWSER_TEST_MS = 45_000

/** Reports whether a browser is installed. Prints a warning if not; under CI throws. */
export function browserExists(): boolean {
  if (executablePath) return true
  console.error("\n*** THE PAGE WAS NOT TESTED: no chromium ***\n")
  if (process.env.CI === "true") throw new Error("THE PAGE WAS NOT TESTED: no chromium")
  return false
}

/** Launches the browser with the back-forward cache, which Playwright disables by default. */
export const launch = (...flags: string[]): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: [...FLAGS, ...flags],
    ignoreDefaultArgs: ["--disable-back-forward-cache"],
  })

/** A page that collects violations of the security policy and uncaught errors. */
export type TestPage = Page & { complaints: string[] }

/** Opens an address in a new profile. */
export async function open(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<TestPage> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    reducedMotion: "reduce",
    ...options,
  })
  await context.grantPermissions(["clipboard-read", "clipboard-write"])
  const page = Object.assign(await context.newPage(), { complaints: [] as string[] })
  page.setDefaultTimeout(10_000)
  page.on(
    "console",
    message => /Content Security Policy/i.test(message.text()) && page.complaints.push(message.text()),
  )
  page.on("pageerror", error => page.complaints.push(String(error)))
  await page.goto(url)
  return page
}

/** Starts a session over the API and opens it in a signed-in page. */
export async function openSession(
  browser: Browser,
  server: TestServer,
  session: { command?: string; argv?: string[]; name?: string; cols?: number; rows?: number; echo?: boolean },
  options: BrowserContextOptions & { origin?: string } = {},
): Promise<{ page: TestPage; id: string }> {
  const { id } = await server.api<{ id: string }>("POST", "/v1/sessions", session)
  const { origin = server.origin, ...rest } = options
  const page = await open(browser, `${origin}/#token=${server.token}`, rest)
  await page.goto(`${origin}/#/s/${id}`)
  await connected(page)
  return { page, id }
}

export const connected = (page: Page) => until(page, () => window.ptyline?.status() === "Connected")
export const text = (page: Page): Promise<string> => page.evaluate(() => window.ptyline.text())
export const status = (page: Page): Promise<string> => page.evaluate(() => window.ptyline.status())

/** Waits until the terminal's text contains `what`. */
export async function sees(page: Page, what: string, timeout = 10_000): Promise<void> {
  const shown = (part: string) => window.ptyline.text().includes(part)
  await page.waitForFunction(shown, what, { timeout, polling: 50 }).catch(async () => {
    throw new Error(
      `not seen within ${timeout} ms: ${what}\n${await status(page)}\n${(await text(page)).slice(-2_000)}`,
    )
  })
}

export async function until(page: Page, condition: () => boolean, timeout = 10_000): Promise<void> {
  await page.waitForFunction(condition, undefined, { timeout, polling: 50 })
}

/** Types a line into the terminal, as a person does. */
export async function typeLine(page: Page, line: string): Promise<void> {
  await page.getByTestId("terminal").locator("textarea").focus()
  await page.keyboard.type(line)
  await page.keyboard.press("Enter")
}
