// Security of the page: no markup from output, no policy violation, no wrong token, no unwanted replies.

import { describe, expect, setDefaultTimeout, test } from "bun:test"
import {
  BROWSER_TEST_MS,
  browserExists,
  launch,
  open,
  openSession,
  sees,
  text,
  typeLine,
  until,
} from "./browser.ts"
import { startProxy } from "./proxy.ts"
import { startBrowserAndServer } from "./setup.ts"

/** Without a slash, which a session's name may not contain. */
const EVIL = '<img src=x onerror="window.owned=1"><script>window.owned=1'

setDefaultTimeout(BROWSER_TEST_MS)

const { server, browser } = await startBrowserAndServer()

describe.skipIf(!browserExists())("the page's safety", () => {
  test("asks for the token, rejects a wrong one with a reason, accepts the printed link", async () => {
    const page = await open(browser, server.origin)
    const form = page.getByTestId("signin")
    await form.getByTestId("token").fill("wrong")
    await page.keyboard.press("Enter")
    await page.getByTestId("signin-error").waitFor()
    await form.getByTestId("token").fill(server.url)
    await page.keyboard.press("Enter")
    await page.getByTestId("new").waitFor()
    await page.reload()
    await page.getByTestId("new").waitFor()
    expect(page.complaints).toEqual([])
    await page.context().close()
  })

  test("asks again when the cookie is gone, then returns to the session", async () => {
    await using proxy = await startProxy(server.origin)
    const { page } = await openSession(
      browser,
      server,
      { command: "echo still here; cat" },
      { origin: proxy.origin },
    )
    await sees(page, "still here")
    await page.context().clearCookies()
    proxy.cut()
    await page.getByTestId("token").fill(server.token)
    await page.keyboard.press("Enter")
    await sees(page, "still here")
    await page.context().close()
  })

  test("removes the token from the address", async () => {
    const page = await open(browser, server.url)
    await page.getByTestId("new").waitFor()
    expect(page.url()).not.toContain("token")
    await page.context().close()
  })

  test("shows names and titles as text, never as markup", async () => {
    const title = EVIL.replaceAll('"', '\\"')
    const { page, id } = await openSession(browser, server, {
      command: `printf '\\033]2;%s\\007' "${title}"; echo titled; cat`,
    })
    await sees(page, "titled")
    await server.api("PATCH", `/v1/sessions/${id}`, { name: EVIL })
    await page.waitForFunction(() =>
      document.querySelector("[data-testid=label]")?.textContent?.startsWith("<img"),
    )
    await page.getByTestId("title").getByText("<script>").waitFor()
    expect(await page.evaluate(() => "owned" in window)).toBe(false)
    expect(await page.locator("img").count()).toBe(0)
    expect(page.complaints).toEqual([])
    await page.context().close()
  })

  test("draws colours, cursor and scroll bars under the policy without WebGL", async () => {
    const plain = await launch("--disable-3d-apis")
    const colours =
      "printf '\\033[38;2;255;80;20mtrue\\033[0m \\033[4:3;58;5;9mcurly\\033[0m \\033[41mback\\033[0m\\n'; cat"
    const { page } = await openSession(plain, server, { command: colours }, { colorScheme: "dark" })
    await sees(page, "true curly back")
    expect(await page.locator("[data-renderer]").getAttribute("data-renderer")).toBe("dom")
    const span = page.locator(".xterm-rows span", { hasText: "true" }).first()
    expect(await span.evaluate(element => getComputedStyle(element).color)).toBe("rgb(255, 80, 20)")
    const back = page.locator(".xterm-rows span", { hasText: "back" }).first()
    expect(await back.evaluate(element => getComputedStyle(element).backgroundColor)).not.toBe(
      "rgba(0, 0, 0, 0)",
    )
    expect(page.complaints).toEqual([])
    await plain.close()
  })

  test("answers a live query once, and none in replayed output", async () => {
    const asks = "stty raw -echo; printf ready; head -c 1 >/dev/null; printf '\\033[5n'; cat -v"
    const { page } = await openSession(browser, server, { command: asks })
    await sees(page, "ready")
    await typeLine(page, "")
    await sees(page, "^[[0n")
    await page.reload()
    await sees(page, "^[[0n")
    await Bun.sleep(300)
    expect(await text(page)).toBe("ready^[[0n")
    await page.context().close()
  })

  test("asks before a program sets the clipboard, and never lets a program read it", async () => {
    const osc = "printf '\\033]52;c;?\\007'; printf '\\033]52;c;%s\\007' $(printf secret | base64)"
    const { page } = await openSession(browser, server, { command: `read x; ${osc}; cat -v` })
    await page.evaluate(() => navigator.clipboard.writeText("mine"))
    await typeLine(page, "")
    const notice = page.getByTestId("toast").filter({ hasText: "set your clipboard" })
    await notice.waitFor()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("mine")
    await notice.getByText("Allow").click()
    await page.getByTestId("toast").getByText("Copied.").waitFor()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("secret")
    expect(await text(page)).not.toContain("52;")
    await page.context().close()
  })

  test("asks before pasting several lines into a program without bracketed paste", async () => {
    const { page } = await openSession(browser, server, { command: "stty -echo; echo ready; cat" })
    await sees(page, "ready")
    await page.evaluate(() => navigator.clipboard.writeText("one\ntwo\n\x1b[201~three"))
    await page.getByTestId("terminal").locator("textarea").focus()
    await page.keyboard.press("Control+Shift+KeyV")
    await page.getByTestId("paste-dialog").getByTestId("yes").click()
    // Wait for the paste, so that Enter comes after it.
    await sees(page, "one\ntwo")
    await typeLine(page, "")
    await sees(page, "one\ntwo\n[201~three")
    await page.context().close()
  })

  test("shows the whole address before it opens a link", async () => {
    const { page } = await openSession(browser, server, {
      command: "printf '\\033]8;;https://example.test/hidden\\007click me\\033]8;;\\007\\n'; cat",
    })
    await sees(page, "click me")
    const screen = (await page.locator(".xterm-screen").boundingBox())!
    await page.mouse.move(screen.x + 30, screen.y + 8)
    await page.mouse.move(screen.x + 32, screen.y + 9)
    await page.mouse.click(screen.x + 32, screen.y + 9)
    const dialog = page.getByTestId("link-dialog")
    await dialog.getByText("https://example.test/hidden").waitFor()
    const link = dialog.getByRole("link")
    expect(await link.getAttribute("rel")).toBe("noopener noreferrer")
    await page.keyboard.press("Escape")
    await page.context().close()
  })

  test("reports a session that does not exist", async () => {
    const page = await open(browser, server.url)
    await page.goto(`${server.origin}/#/s/unknown`)
    await page.getByTestId("missing").waitFor()
    await until(page, () => document.body.textContent?.includes("unknown") === true)
    await page.context().close()
  })
})
