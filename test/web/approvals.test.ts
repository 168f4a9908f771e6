// The page's approval dialog: shows what a person needs to decide, and takes no accidental answer.

import { describe, expect, setDefaultTimeout, test } from "bun:test"
import type { Page } from "playwright-core"
import { BROWSER_TEST_MS, browserExists, open, openSession } from "./browser.ts"
import { startBrowserAndServer } from "./setup.ts"

setDefaultTimeout(BROWSER_TEST_MS)

const { server, browser } = await startBrowserAndServer("--approve", "human", "--dangerous", "danger-[0-9]+")

describe.skipIf(!browserExists())("a dangerous command in the page", () => {
  const start = (command: string, more: Record<string, unknown> = {}) =>
    server.api<{ id: string }>("POST", "/v1/sessions", { command, ...more })
  const dialog = (page: Page) => page.getByTestId("approval-dialog")

  test("shows the command, the requester, reason and directory; an approval allows one start", async () => {
    const page = await open(browser, server.url)
    await page.getByTestId("feed").getByText("Live").waitFor()
    const more = { owner: "agent-7", reason: "the disk is full", cwd: "/tmp", env: { MODE: "fast" } }
    await expect(start("echo danger-1", more)).rejects.toThrow("a person must approve it")
    await dialog(page).waitFor()
    expect(await page.getByTestId("approval-command").textContent()).toBe("echo danger-1")
    const shown = (await dialog(page).textContent()) ?? ""
    for (const fact of ["owner, for agent-7", "the disk is full", "/tmp", "MODE", "danger-[0-9]+"])
      expect(shown).toContain(fact)
    await page.getByTestId("approve").click()
    await dialog(page).waitFor({ state: "detached" })
    const { id } = await start("echo danger-1", more)
    expect(id).toStartWith("s_")
    await expect(start("echo danger-1", more)).rejects.toThrow("a person must approve it")
    await page.getByTestId("deny").click()
    await dialog(page).waitFor({ state: "detached" })
    expect(page.complaints).toEqual([])
    await page.context().close()
  })

  test("ignores keys meant for the terminal, and shows hidden characters", async () => {
    const { page } = await openSession(browser, server, { command: "cat" })
    await expect(start("echo danger-2 \u202e# olleh\u200b")).rejects.toThrow("a person must approve it")
    await dialog(page).waitFor()
    for (const key of ["Enter", "Space", "y"]) await page.keyboard.press(key)
    expect(await page.getByTestId("approval-command").textContent()).toBe(
      "echo danger-2 \\u{202e}# olleh\\u{200b}",
    )
    const { approvals } = await server.api<{ approvals: unknown[] }>("GET", "/v1/approvals")
    expect(approvals.length).toBe(1)
    await page.getByTestId("deny").click()
    await dialog(page).waitFor({ state: "detached" })
    await page.context().close()
  })
})
