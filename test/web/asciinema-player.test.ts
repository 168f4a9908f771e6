// A version 3 recording in asciinema's own player, in a real browser: an independent parser.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test"
import { join } from "node:path"
import type { Browser } from "playwright-core"
import { TestServer } from "../http/server.ts"
import { collect } from "../ops/asciicast.ts"
import { BROWSER_TEST_MS, browserExists, launch } from "./browser.ts"

const BUNDLE = join(import.meta.dir, "../../node_modules/asciinema-player/dist/bundle")

setDefaultTimeout(BROWSER_TEST_MS)

type Player = { seek(time: number | string): Promise<void>; getDuration(): number }
declare const AsciinemaPlayer: {
  create(source: { data: string }, element: HTMLElement, options: object): Player
}

describe.skipIf(!browserExists())("asciinema-player", () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser.close())

  test("plays a recording: characters, colours, a resize, a marker, its length", async () => {
    await using server = new TestServer()
    const { call } = server
    const id = await server.start(
      "printf '\\033[1;32mgreen\\033[m 漢字 é\\n'; sleep 0.5; printf '\\033]2;title\\007'; read x; printf '\\033[Hover '; exit 3",
      { cols: 80, rows: 24, record_input: true },
    )
    await call("wait", { id, until: { match: ["é"] } })
    await call("wait", { id, until: { input: true } })
    await call("resize", { id, cols: 90, rows: 20 })
    await call("write", { id, text: "typed\r" })
    await call("wait", { id, until: { exit: true } })
    const data = await collect(call("recording", { id }))
    const page = await browser.newPage()
    const failures: string[] = []
    page.on("pageerror", error => failures.push(String(error)))
    page.on("console", message => message.type() === "error" && failures.push(message.text()))
    await page.setContent("<div id=player></div>")
    await page.addStyleTag({ path: join(BUNDLE, "asciinema-player.css") })
    await page.addScriptTag({ path: join(BUNDLE, "asciinema-player.min.js") })
    await page.evaluate(cast => {
      const player = AsciinemaPlayer.create({ data: cast }, document.getElementById("player")!, {
        preload: true,
        fit: false,
      })
      Object.assign(window, { player })
    }, data)
    const duration = () => (window as unknown as { player: Player }).player.getDuration()
    await page.waitForFunction(duration)
    expect(await page.evaluate(duration)).toBeWithin(0.4, 10)
    await page.evaluate(() => (window as unknown as { player: Player }).player.seek("100%"))
    await page.getByText("over").waitFor()
    const lines = await page.locator(".ap-line").allTextContents()
    expect(lines).toHaveLength(20)
    expect(lines[0]!.trimEnd()).toBe("over  漢字 é")
    expect(failures).toEqual([])
    await page.close()
  })
})
