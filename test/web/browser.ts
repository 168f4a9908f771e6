// The real browser that the page is tested in, and what a test does with a page.

import { existsSync } from "node:fs"
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core"
import type { TestServer } from "./server.ts"

const PLACES = [
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

const executablePath = PLACES.find(place => place !== "" && existsSync(place))

/**
 * For `setDefaultTimeout`, which counts for one file only. After a timeout Bun kills every child of the run, the server and
 * the browser included, and all later tests of the file fail with it; so it is far longer than any test takes.
 */
export const BROWSER_TEST_MS = 45_000

/** Says loudly that nothing was tested; on a build machine that is a failure. */
export function browserExists(): boolean {
  if (executablePath) return true
  console.error("\n*** THE PAGE WAS NOT TESTED: no chromium ***\n")
  if (process.env.CI === "true") throw new Error("THE PAGE WAS NOT TESTED: no chromium")
  return false
}

/** Playwright turns the back-forward cache off; people have it on. */
export const launch = (...flags: string[]): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: [...FLAGS, ...flags],
    ignoreDefaultArgs: ["--disable-back-forward-cache"],
  })

/** A page that keeps what it complained about: violations of the security policy, errors nobody caught. */
export type TestPage = Page & { complaints: string[] }

/** Opens an address in a profile of its own. */
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

/** Starts a session over the API and opens it in a page that is signed in. */
export async function openSession(
  browser: Browser,
  server: TestServer,
  session: { command?: string; argv?: string[]; name?: string; cols?: number; rows?: number },
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

/** Waits until the terminal's text contains something. */
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
