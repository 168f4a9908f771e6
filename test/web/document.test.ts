// The example document: Markdown with live terminals, with mrmd's API and the component, in a real browser.

import { describe, expect, setDefaultTimeout, test } from "bun:test"
import { BROWSER_TEST_MS, browserExists, open, type TestPage } from "./browser.ts"
import { startBrowserAndServer } from "./setup.ts"

setDefaultTimeout(BROWSER_TEST_MS)

const { server, browser } = await startBrowserAndServer("--mrmd")

type Terminal = HTMLElement & { text?: string; status: string; focus(): void }

/** Waits until the document's block shows `text`. */
async function shows(page: TestPage, block: number, text: string): Promise<void> {
  const shown = ([id, part]: string[]) =>
    document.querySelector<Terminal>(`[data-testid=${id}]`)?.text?.includes(part!) === true
  await page.waitForFunction(shown, [`block-${block}`, text], { timeout: 15_000, polling: 50 })
}

/** Waits for a shell's prompt, of any user. */
async function prompts(page: TestPage, block: number): Promise<void> {
  const prompted = (id: string) =>
    /[#$%>]$/.test(document.querySelector<Terminal>(`[data-testid=${id}]`)?.text ?? "")
  await page.waitForFunction(prompted, `block-${block}`, { timeout: 15_000, polling: 20 })
}

async function typeInto(page: TestPage, block: number, line: string): Promise<void> {
  await page.getByTestId(`block-${block}`).locator("textarea").focus()
  await page.keyboard.type(line)
  await page.keyboard.press("Enter")
}

describe.skipIf(!browserExists())("the example document", () => {
  const terminals = async () =>
    (await server.api<{ terminals: { session_id: string; file_path: string }[] }>("GET", "/api/terminals"))
      .terminals

  test("runs two blocks, keeps them over a reload and in a second tab, ends them with the document", async () => {
    const page = await open(browser, server.url)
    await page.getByTestId("new").waitFor()
    await page.goto(`${server.origin}/examples/document`)
    await prompts(page, 0)
    await page.locator("figure").nth(0).getByText("Run").click()
    await shows(page, 0, "\nhello from the first block")
    await prompts(page, 1)
    await typeInto(page, 1, "echo second-$((40 + 2))")
    await shows(page, 1, "second-42")

    await page.reload()
    await shows(page, 0, "\nhello from the first block")
    await shows(page, 1, "second-42")

    const tab = Object.assign(await page.context().newPage(), { complaints: [] })
    await tab.goto(`${server.origin}/examples/document`)
    await shows(tab, 1, "second-42")
    await typeInto(tab, 1, "echo from-tab-$((1 + 1))")
    await shows(page, 1, "from-tab-2")
    await page.bringToFront()
    await typeInto(page, 1, "echo from-page-$((1 + 2))")
    await shows(tab, 1, "from-page-3")

    expect((await terminals()).map(({ file_path }) => file_path)).toEqual(
      Array(2).fill("/examples/document.md"),
    )
    await page.getByTestId("close").click()
    await page.getByTestId("closed").getByText("2 terminals").waitFor()
    expect(await terminals()).toEqual([])
    expect(page.complaints).toEqual([])
    await page.context().close()
  })

  test("shows why terminals are not available", async () => {
    const page = await open(browser, `${server.origin}/examples/document`)
    await page.getByRole("alert").getByText("Not signed in").waitFor()
    await page.context().close()
  })
})
