// Layout and input devices: a phone, the keyboard alone, themes, text size.

import { describe, expect, setDefaultTimeout, test } from "bun:test"
import type { Page } from "playwright-core"
import { BROWSER_TEST_MS, browserExists, open, openSession, sees, text, typeLine, until } from "./browser.ts"
import { startBrowserAndServer } from "./setup.ts"

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }

setDefaultTimeout(BROWSER_TEST_MS)

const { server, browser } = await startBrowserAndServer()

describe.skipIf(!browserExists())("the page's layout", () => {
  test("fits a phone: no overflow, the list in a sheet, a bar of keys", async () => {
    const { page } = await openSession(
      browser,
      server,
      { command: "cat -v", name: "a name that is too long for any phone's screen" },
      PHONE,
    )
    expect(await overflow(page)).toBe(0)
    await page.getByTestId("keybar").getByLabel("Escape").tap()
    await page.getByTestId("keybar").getByLabel("Up").tap()
    await page.getByTestId("keybar").getByLabel("Control for the next key").tap()
    await page.keyboard.type("a")
    await sees(page, "^[^[[A^A")
    await page.getByTestId("drawer").tap()
    await page.getByTestId("session").first().waitFor()
    await until(page, () => document.querySelector(".sidebar")!.getBoundingClientRect().left === 0)
    expect(await overflow(page)).toBe(0)
    await page.getByTestId("session").first().tap()
    await until(page, () => document.querySelector(".sidebar")!.getBoundingClientRect().right <= 0)
    await page.context().close()
  })

  test("fits a phone with a wider session, and wraps the output of an ended one", async () => {
    const wide = await openSession(browser, server, { command: "cat" })
    const { page } = await openSession(browser, server, { command: "cat" }, PHONE)
    await page.goto(`${server.origin}/#/s/${wide.id}`)
    await wide.page.getByTestId("fit").click()
    await page.getByTestId("fit").waitFor()
    expect(await overflow(page)).toBe(0)
    const { id } = await server.api<{ id: string }>("POST", "/v1/sessions", {
      command: "printf 'a%.0s' {1..100}",
    })
    await page.goto(`${server.origin}/#/s/${id}`)
    await until(page, () => window.ptyline.status() === "Session exited with 0")
    await page.waitForFunction(() => document.querySelector(".stage:not(.unfitted)"))
    expect(await overflow(page)).toBe(0)
    expect(await text(page)).toBe("a".repeat(100))
    await Promise.all([page.context().close(), wide.page.context().close()])
  })

  test("scrolls back by touch", async () => {
    const { page } = await openSession(browser, server, { command: "seq 1 500; cat" }, PHONE)
    await sees(page, "500")
    const before = await sliderTop(page)
    await drag(page, 300, 700)
    expect(await sliderTop(page)).toBeLessThan(before)
    await page.context().close()
  })

  test("works with the keyboard alone: start a session, select another in the list, return", async () => {
    await server.api("POST", "/v1/sessions", { command: "echo other one; cat", name: "other" })
    const page = await open(browser, server.url)
    await page.getByTestId("new").waitFor()
    await page.keyboard.press("Control+Shift+Enter")
    await page.keyboard.type("echo by hand; cat")
    await page.keyboard.press("Enter")
    await sees(page, "by hand")
    await page.keyboard.press("Control+Shift+KeyK")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await sees(page, "other one")
    await page.keyboard.type("typed at once")
    await sees(page, "typed at once")
    await page.keyboard.press("Control+Shift+Slash")
    await page.getByTestId("help-dialog").waitFor()
    await page.keyboard.press("Escape")
    await page.keyboard.type(" and again")
    await sees(page, "typed at once and again")
    await page.context().close()
  })

  test("remembers the theme and the text size", async () => {
    const { page } = await openSession(browser, server, { command: "cat" }, { colorScheme: "light" })
    const theme = () => page.evaluate(() => document.documentElement.dataset.theme)
    const size = () => page.getByTestId("size").textContent()
    expect(await theme()).toBe("light")
    await page.getByTestId("theme").click()
    await page.getByTestId("theme").click()
    expect(await theme()).toBe("dark")
    const before = await size()
    await page.keyboard.press("Control+Shift+Period")
    await page.waitForFunction(
      old => document.querySelector("[data-testid=size]")?.textContent !== old,
      before,
    )
    const after = await size()
    await page.reload()
    await page.waitForFunction(
      want => document.querySelector("[data-testid=size]")?.textContent === want,
      after,
    )
    expect(await theme()).toBe("dark")
    await page.context().close()
  })

  test("opens a session by its name", async () => {
    await server.api("POST", "/v1/sessions", { command: "echo found by name; cat", name: "by-name" })
    const page = await open(browser, server.url)
    await page.goto(`${server.origin}/#/s/by-name`)
    await sees(page, "found by name")
    await typeLine(page, "x")
    await page.context().close()
  })
})

/** Returns how far elements other than the terminal's text extend past the window. */
const overflow = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const parts = document.querySelectorAll(
      "body, .toolbar > *, .stage, .status, .keybar > *, .row > *, .card *",
    )
    const rights = [...parts].map(part => part.getBoundingClientRect().right)
    return Math.max(
      0,
      document.documentElement.scrollWidth - innerWidth,
      ...rights.map(right => right - innerWidth),
    )
  })

const sliderTop = (page: Page): Promise<number> =>
  page.locator(".xterm .scrollbar.vertical .slider").evaluate(slider => slider.getBoundingClientRect().top)

/** Drags one finger down the middle of the page. */
async function drag(page: Page, from: number, to: number): Promise<void> {
  const devtools = await page.context().newCDPSession(page)
  const touch = (type: "touchStart" | "touchMove" | "touchEnd", y?: number) =>
    devtools.send("Input.dispatchTouchEvent", { type, touchPoints: y === undefined ? [] : [{ x: 180, y }] })
  await touch("touchStart", from)
  for (let y = from; y <= to; y += 40) await touch("touchMove", y)
  await touch("touchEnd")
}
