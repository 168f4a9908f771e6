// Links that share one session: made in the page, opened in a browser that knows nothing else, and taken back.

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

  test("made in the page; a guest looks on and types nothing, and is cut off when it is revoked", async () => {
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
    await guest.getByTestId("toast").getByText("for looking").waitFor()
    for (const absent of ["take", "end", "sessions", "keybar", "new"])
      expect([absent, await guest.getByTestId(absent).isVisible()]).toEqual([absent, false])
    expect(await text(guest)).not.toContain("refused")
    await guest.reload()
    await sees(guest, "hello\nhello")
    await page.getByTestId("shares").getByRole("button", { name: "Revoke" }).click()
    await guest.getByText("This link is no longer good").waitFor()
    await guest.reload()
    await guest.getByText("This link is no longer good").waitFor()
    expect([...page.complaints, ...guest.complaints]).toEqual([])
    await Promise.all([page.context().close(), guest.context().close()])
  })

  test("a link to type: the guest takes the line under the share's name, and the owner takes it back", async () => {
    const { page, id } = await openSession(browser, server, { command: "cat" })
    const { url } = await share(id, "control")
    const guest = await open(browser, url)
    await connected(guest)
    await guest.getByTestId("take").click()
    await guest.getByTestId("holder").getByText("You hold the line").waitFor()
    await typeLine(guest, "typed")
    await sees(page, "typed\ntyped")
    await page
      .getByTestId("holder")
      .getByText(/^share .+ holds it$/)
      .waitFor()
    await page.getByTestId("take").click()
    await guest.getByTestId("holder").getByText("holds it").waitFor()
    await Promise.all([page.context().close(), guest.context().close()])
  })

  test("opened where the owner is signed in, it is still no more than the share", async () => {
    const { page, id } = await openSession(browser, server, { command: "cat" })
    const { url } = await share(id, "view")
    await page.goto(url)
    await connected(page)
    await typeLine(page, "refused")
    await page.getByTestId("toast").getByText("for looking").waitFor()
    expect(await text(page)).not.toContain("refused")
    await page.context().close()
  })

  test("signed in with a token that may only look, the page looks", async () => {
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
    await page.getByTestId("toast").getByText("for looking").waitFor()
    expect(await page.getByTestId("take").isVisible()).toBe(false)
    expect(await text(owner)).not.toContain("refused")
    await Promise.all([owner.context().close(), page.context().close()])
  })
})
