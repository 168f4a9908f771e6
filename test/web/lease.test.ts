// Who holds the line, in the page: a person and a program on one session, taking over from each other.

import { describe, expect, setDefaultTimeout, test } from "bun:test"
import type { Page } from "playwright-core"
import { BROWSER_TEST_MS, browserExists, connected, openSession, sees, text, typeLine } from "./browser.ts"
import { startBrowserAndServer } from "./setup.ts"

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }

type Info = { lease: { client: string } | null; size: { cols: number; rows: number } }

setDefaultTimeout(BROWSER_TEST_MS)

const { server, browser } = await startBrowserAndServer()

describe.skipIf(!browserExists())("who holds the line, in the page", () => {
  const info = (id: string) => server.api<Info>("GET", `/v1/sessions/${id}`)
  const lease = (id: string, body: Record<string, unknown>) =>
    server.api("POST", `/v1/sessions/${id}/lease`, body)
  const type = (id: string, body: Record<string, unknown>) =>
    server.api("POST", `/v1/sessions/${id}/input`, body)
  const holder = (page: Page) => page.getByTestId("holder")
  const holds = (page: Page, what: string) => holder(page).getByText(what).waitFor()

  test("an agent holds it: that is seen, keys do not get through, and one click takes it over", async () => {
    const { page, id } = await openSession(browser, server, { command: "cat" })
    await lease(id, { action: "take", client: "agent-7", reason: "deploying" })
    await holds(page, "agent-7 holds it")
    await page.getByTestId("session").getByText("held by agent-7").first().waitFor()
    await typeLine(page, "refused")
    await page.getByTestId("toast").getByText("take control to type").waitFor()
    await page.getByTestId("take").click()
    await holds(page, "You hold the line")
    const refused = type(id, { text: "late\n", client: "agent-7" })
    await expect(refused).rejects.toThrow(/423.*held_by/)
    await typeLine(page, "mine")
    await sees(page, "mine\nmine")
    expect(await text(page)).not.toMatch(/refused|late/)
    await page.getByTestId("release").click()
    await holder(page).waitFor({ state: "hidden" })
    await type(id, { text: "everybody\n" })
    await sees(page, "everybody\neverybody")
    expect(page.complaints).toEqual([])
    await page.context().close()
  })

  test("taken from an agent it is handed back with what it was called already filled in", async () => {
    const { page, id } = await openSession(browser, server, { command: "cat" })
    await lease(id, { action: "take", client: "agent-7" })
    await page.getByTestId("take").click()
    await page.getByTestId("hand-over").click()
    const dialog = page.getByTestId("hand-over-dialog")
    expect(await dialog.getByLabel("To which client").inputValue()).toBe("agent-7")
    await dialog.getByRole("button", { name: "Hand over" }).click()
    await holds(page, "agent-7 holds it")
    await type(id, { text: "back\n", client: "agent-7" })
    await sees(page, "back\nback")
    await page.context().close()
  })

  test("a reload keeps the line; a window that does not hold it leaves the size alone", async () => {
    const { page, id } = await openSession(browser, server, { command: "cat" })
    await page.getByTestId("take").click()
    await holds(page, "You hold the line")
    const { size } = await info(id)
    await page.reload()
    await connected(page)
    await holds(page, "You hold the line")
    const other = await openSession(browser, server, { command: "cat" }, PHONE)
    await other.page.goto(`${server.origin}/#/s/${id}`)
    await holds(other.page, "holds it")
    await typeLine(page, "wide")
    await sees(other.page, "wide\nwide")
    expect((await info(id)).size).toEqual(size)
    await other.page.getByTestId("take").tap()
    await holds(page, "holds it")
    await page.waitForFunction(
      shown => document.querySelector("[data-testid=size]")?.textContent !== shown,
      `${size.cols}×${size.rows}`,
    )
    await Promise.all([page.context().close(), other.page.context().close()])
  })

  test("on a phone: nothing is wider than the screen, and the menu has every button", async () => {
    const { page, id } = await openSession(browser, server, { command: "cat" }, PHONE)
    const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    const choose = async (item: string) => {
      await page.getByTestId("more").tap()
      await page.getByTestId(item).tap()
    }
    await choose("menu-take")
    await holds(page, "You hold the line")
    expect(await overflow()).toBe(0)
    await choose("menu-release")
    await holder(page).waitFor({ state: "hidden" })
    await lease(id, { action: "take", client: "an agent with a name that no phone has room for" })
    await page.getByTestId("take").tap()
    await choose("menu-hand-back")
    await page.getByTestId("hand-over-dialog").getByRole("button", { name: "Hand over" }).tap()
    await holds(page, "an agent")
    expect(await overflow()).toBe(0)
    expect((await info(id)).lease?.client).toBe("an agent with a name that no phone has room for")
    await page.context().close()
  })
})
