// Share links: created in the page, opened in a browser without other access, and revoked.

import { describe, expect, setDefaultTimeout, test } from "bun:test"
import {
  BROWSER_TEST_MS,
  browserExists,
  connected,
  open,
  openSession,
  sees,
  text,
  typeLine,
} from "./browser.ts"
import { startBrowserAndServer } from "./setup.ts"

setDefaultTimeout(BROWSER_TEST_MS)

const { server, browser } = await startBrowserAndServer()

describe.skipIf(!browserExists())("a shared session in the page", () => {
  const share = (id: string, mode: "view" | "control") =>
    server.api<{ id: string; url: string }>("POST", `/v1/sessions/${id}/shares`, { mode })

  test("a view link shows the session, rejects input, and disconnects when revoked", async () => {
    const { page, id } = await openSession(browser, server, { command: "cat", name: "shared" })
    await page.getByTestId("more").click()
    await page.getByTestId("menu-share").click()
    await page.getByTestId("share-view").click()
    const link = page.getByTestId("share-link")
    await link.waitFor()
    const url = await link.inputValue()
    expect(url).toMatch(/#\/share\/view\/s_[\w-]+\/ps_[\w-]+$/)
    const guest = await open(browser, url)
    await connected(guest)
    await server.api("POST", `/v1/sessions/${id}/input`, { text: "hello\n" })
    await sees(guest, "hello\nhello")
    await typeLine(guest, "refused")
    await guest.getByTestId("toast").getByText("View only").waitFor()
    for (const absent of ["take", "end", "sessions", "keybar", "new"])
      expect([absent, await guest.getByTestId(absent).isVisible()]).toEqual([absent, false])
    expect(await text(guest)).not.toContain("refused")
    await guest.reload()
    await sees(guest, "hello\nhello")
    await page.getByTestId("shares").getByRole("button", { name: "Revoke" }).click()
    await guest.getByText("This link is no longer valid").waitFor()
    await guest.reload()
    await guest.getByText("This link is no longer valid").waitFor()
    expect([...page.complaints, ...guest.complaints]).toEqual([])
    await Promise.all([page.context().close(), guest.context().close()])
  })

  test("a control link: the guest takes control under the share's name, and the owner takes it back", async () => {
    const { page, id } = await openSession(browser, server, { command: "cat" })
    const { url } = await share(id, "control")
    const guest = await open(browser, url)
    await connected(guest)
    await guest.getByTestId("take").click()
    await guest.getByTestId("holder").getByText("You have control").waitFor()
    await typeLine(guest, "typed")
    await sees(page, "typed\ntyped")
    await page
      .getByTestId("holder")
      .getByText(/^share .+ has control$/)
      .waitFor()
    await page.getByTestId("take").click()
    await guest.getByTestId("holder").getByText("has control").waitFor()
    await Promise.all([page.context().close(), guest.context().close()])
  })

  test("opened in the owner's browser, a link still allows only what the share allows", async () => {
    const { page, id } = await openSession(browser, server, { command: "cat" })
    const { url } = await share(id, "view")
    await page.goto(url)
    await connected(page)
    await typeLine(page, "refused")
    await page.getByTestId("toast").getByText("View only").waitFor()
    expect(await text(page)).not.toContain("refused")
    await page.context().close()
  })

  test("with a view token, the page is view only", async () => {
    const { page: owner, id } = await openSession(browser, server, { command: "cat" })
    const { token } = await server.api<{ token: string }>("POST", "/v1/tokens", {
      name: "eve",
      scope: "view",
    })
    const page = await open(browser, `${server.origin}/#token=${token}`)
    await page.goto(`${server.origin}/#/s/${id}`)
    await connected(page)
    await typeLine(owner, "shown")
    await sees(page, "shown\nshown")
    await typeLine(page, "refused")
    await page.getByTestId("toast").getByText("View only").waitFor()
    expect(await page.getByTestId("take").isVisible()).toBe(false)
    expect(await text(owner)).not.toContain("refused")
    await Promise.all([owner.context().close(), page.context().close()])
  })
})
