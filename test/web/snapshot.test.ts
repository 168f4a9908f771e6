// A reload during a full-screen program: the page gets a snapshot, not the earlier output.

import { describe, expect, setDefaultTimeout, test } from "bun:test"
import type { Page } from "playwright-core"
import { installed } from "../helpers.ts"
import { browserExists, connected, openSession, sees, text } from "./browser.ts"
import { startBrowserAndServer } from "./setup.ts"

setDefaultTimeout(30_000)

const { server, browser } = await startBrowserAndServer()

const VIM = "/usr/bin/vim"

describe.skipIf(!browserExists() || !installed(VIM))("the page after a reload", () => {
  /** Records the bytes and control frames of the next terminal socket. */
  function watched(page: Page): { bytes: number; types: string[] } {
    const seen = { bytes: 0, types: [] as string[] }
    page.once("websocket", socket =>
      socket.on("framereceived", ({ payload }) => {
        if (typeof payload === "string") seen.types.push((JSON.parse(payload) as { type: string }).type)
        else seen.bytes += payload.length
      }),
    )
    return seen
  }

  test("shows the same vim from a snapshot, sends no replies to it, and continues", async () => {
    const { page, id } = await openSession(browser, server, {
      argv: [VIM, "-u", "NONE", "-N", "--cmd", "set mouse=a ttymouse=sgr ruler"],
    })
    await page.getByTestId("terminal").locator("textarea").focus()
    await page.keyboard.type("ione — 漢字 👩‍💻")
    await page.keyboard.press("Enter")
    for (let line = 2; line <= 40; line++)
      await page.keyboard.type(`line ${line} —`).then(() => page.keyboard.press("Enter"))
    await page.keyboard.press("Escape")
    await page.keyboard.type("gg:split")
    await page.keyboard.press("Enter")
    await sees(page, "[No Name]")
    await Bun.sleep(300)
    const before = await text(page)
    const seen = watched(page)
    await page.reload()
    await connected(page)
    await sees(page, "one — 漢字")
    await Bun.sleep(300)
    expect(await text(page)).toBe(before)
    expect(seen.types.slice(0, 2)).toEqual(["hello", "snapshot"])
    expect(seen.bytes).toBeLessThan(200)
    await page.getByTestId("terminal").locator("textarea").focus()
    await page.keyboard.type("oafter the reload")
    await sees(page, "after the reload")
    const shown = await server.api<{ lines: string[]; alt: boolean }>(
      "GET",
      `/v1/sessions/${id}/screen?format=json`,
    )
    expect(shown.alt).toBe(true)
    expect(shown.lines.join("\n").trimEnd()).toBe((await text(page)).trimEnd())
    expect(page.complaints).toEqual([])
    await page.context().close()
  })

  test("survives huge counts, and an erase that the terminal fails at", async () => {
    const counts = [..."LMSTIZb"].map(final => `x\\033[2147483647${final}`).join("")
    const { page } = await openSession(browser, server, {
      command: `sleep 0.3; printf '${counts}\\033[?1049h\\033[999;999H\\033[1J\\033[Hstill here'; cat`,
    })
    await sees(page, "still here")
    await page.context().close()
  })

  test("keeps a character that is split between two outputs", async () => {
    const { page } = await openSession(browser, server, {
      command: "printf 'a\\342\\200'; sleep 0.3; printf '\\224b'; cat",
    })
    await sees(page, "a—b")
    await page.context().close()
  })
})
