// The lease in the page: a person and a program take control of one session from each other.

import { describe, expect, setDefaultTimeout, test } from "bun:test"
import type { Page } from "playwright-core"
import { BROWSER_TEST_MS, browserExists, connected, openSession, sees, text, typeLine } from "./browser.ts"
import { startBrowserAndServer } from "./setup.ts"

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }

type Info = { lease: { client: string } | null; size: { cols: number; rows: number } }

setDefaultTimeout(BROWSER_TEST_MS)

const { server, browser } = await startBrowserAndServer()

describe.skipIf(!browserExists())("the lease in the page", () => {
  const info = (id: string) => server.api<Info>("GET", `/v1/sessions/${id}`)
  const lease = (id: string, body: Record<string, unknown>) =>
    server.api("POST", `/v1/sessions/${id}/lease`, body)
  const type = (id: string, body: Record<string, unknown>) =>
    server.api("POST", `/v1/sessions/${id}/input`, body)
  const owner = (page: Page) => page.getByTestId("holder")
  const shows = (page: Page, text: string) => owner(page).getByText(text).waitFor()

  test("shows an agent's control, rejects keys, and takes control with one click", async () => {
    const { page, id } = await openSession(browser, server, { command: "cat" })
    await lease(id, { action: "take", client: "agent-7", reason: "deploying" })
    await shows(page, "agent-7 has control")
    await page.getByTestId("session").getByText("controlled by agent-7").first().waitFor()
    await typeLine(page, "refused")
    await page.getByTestId("toast").getByText("Take control to type").waitFor()
    await page.getByTestId("take").click()
    await shows(page, "You have control")
    const refused = type(id, { text: "late\n", client: "agent-7" })
    await expect(refused).rejects.toThrow(/423.*held_by/)
    await typeLine(page, "mine")
    await sees(page, "mine\nmine")
    expect(await text(page)).not.toMatch(/refused|late/)
    await page.getByTestId("release").click()
    await owner(page).waitFor({ state: "hidden" })
    await type(id, { text: "all\n" })
    await sees(page, "all\nall")
    expect(page.complaints).toEqual([])
    await page.context().close()
  })

  test("suggests the previous owner when control is handed back", async () => {
    const { page, id } = await openSession(browser, server, { command: "cat" })
    await lease(id, { action: "take", client: "agent-7" })
    await page.getByTestId("take").click()
    await page.getByTestId("hand-over").click()
    const dialog = page.getByTestId("hand-over-dialog")
    expect(await dialog.getByLabel("To client").inputValue()).toBe("agent-7")
    await dialog.getByRole("button", { name: "Hand over" }).click()
    await shows(page, "agent-7 has control")
    await type(id, { text: "back\n", client: "agent-7" })
    await sees(page, "back\nback")
    await page.context().close()
  })

  test("keeps control over a reload; a window without control does not change the size", async () => {
    const { page, id } = await openSession(browser, server, { command: "cat" })
    await page.getByTestId("take").click()
    await shows(page, "You have control")
    const { size } = await info(id)
    await page.reload()
    await connected(page)
    await shows(page, "You have control")
    const other = await openSession(browser, server, { command: "cat" }, PHONE)
    await other.page.goto(`${server.origin}/#/s/${id}`)
    await shows(other.page, "has control")
    await typeLine(page, "wide")
    await sees(other.page, "wide\nwide")
    expect((await info(id)).size).toEqual(size)
    await other.page.getByTestId("take").tap()
    await shows(page, "has control")
    await page.waitForFunction(
      shown => document.querySelector("[data-testid=size]")?.textContent !== shown,
      `${size.cols}×${size.rows}`,
    )
    await Promise.all([page.context().close(), other.page.context().close()])
  })

  test("fits a phone, where the menu has all actions", async () => {
    const { page, id } = await openSession(browser, server, { command: "cat" }, PHONE)
    const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    const choose = async (item: string) => {
      await page.getByTestId("more").tap()
      await page.getByTestId(item).tap()
    }
    await choose("menu-take")
    await shows(page, "You have control")
    expect(await overflow()).toBe(0)
    await choose("menu-release")
    await owner(page).waitFor({ state: "hidden" })
    await lease(id, { action: "take", client: "an agent with a name that no phone has room for" })
    await page.getByTestId("take").tap()
    await choose("menu-hand-back")
    await page.getByTestId("hand-over-dialog").getByRole("button", { name: "Hand over" }).tap()
    await shows(page, "an agent")
    expect(await overflow()).toBe(0)
    expect((await info(id)).lease?.client).toBe("an agent with a name that no phone has room for")
    await page.context().close()
  })
})
