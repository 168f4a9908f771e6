// The page while the server is killed and restarted: a user of vim continues without a reload.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test"
import type { Browser } from "playwright-core"
import { installed } from "../helpers.ts"
import {
  BROWSER_TEST_MS,
  browserExists,
  connected,
  launch,
  open,
  sees,
  text,
  typeLine,
} from "../web/browser.ts"
import { restartable } from "./restartable-server.ts"

setDefaultTimeout(BROWSER_TEST_MS)

const VIM = "/usr/bin/vim"

describe.skipIf(!browserExists() || !installed(VIM))("the page after a killed server", () => {
  let browser: Browser

  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser.close())

  test("vim continues in the open page after a kill and a restart, and input arrives", async () => {
    await using server = await restartable()
    const file = `${server.home.path}/file.txt`
    const { id } = await server.create({ argv: [VIM, "-u", "NONE", "-N", "-n", file], name: "vim" })
    const page = await open(browser, `${server.served.url}`)
    await page.goto(`${server.served.origin}/#/s/${id}`)
    await connected(page)
    await page.evaluate(() => Object.assign(window, { sameDocument: true }))
    await sees(page, "~")
    await page.getByTestId("terminal").locator("textarea").focus()
    await page.keyboard.type("ione — 漢字")
    await sees(page, "one — 漢字")
    for (const round of ["two", "three"]) {
      await server.kill()
      await page.waitForFunction(() => window.ptyline.status() !== "Connected")
      await server.start()
      await connected(page)
      await page.getByTestId("terminal").locator("textarea").focus()
      await page.keyboard.press("Enter")
      await page.keyboard.type(round)
      await sees(page, round)
    }
    expect((await text(page)).split("\n").slice(0, 3)).toEqual(["one — 漢字", "two", "three"])
    await page.keyboard.press("Escape")
    await typeLine(page, ":wq")
    await sees(page, "written").catch(() => {})
    await page.waitForFunction(() => window.ptyline.status().startsWith("Session exited with 0"))
    expect(await Bun.file(file).text()).toBe("one — 漢字\ntwo\nthree\n")
    expect(await page.evaluate(() => "sameDocument" in window)).toBe(true)
    expect(page.complaints).toEqual([])
  })

  test("a lost session is relaunched from the page's menu, on a fresh terminal", async () => {
    await using server = await restartable()
    const { id, pid } = await server.create({
      argv: ["sh", "-c", "echo round $$; printf '\\033[?1049h'; cat"],
    })
    const page = await open(browser, server.served.url)
    await page.goto(`${server.served.origin}/#/s/${id}`)
    await connected(page)
    const holder = Number(/^PPid:\s+(\d+)/m.exec(await Bun.file(`/proc/${pid}/status`).text())![1])
    process.kill(holder, "SIGKILL")
    await page.waitForFunction(() => window.ptyline.status().startsWith("Session "))
    await page.getByTestId("more").click()
    await page.getByTestId("menu-relaunch").click()
    await connected(page)
    await typeLine(page, "typed into the next")
    await sees(page, "typed into the next")
    expect(await server.info(id)).toMatchObject({ state: "running", relaunches: 1 })
    expect(page.complaints).toEqual([])
  })
})
