// The page's player: seeking, keyboard control, live recordings.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test"
import { join } from "node:path"
import type { Browser, BrowserContextOptions } from "playwright-core"
import { scratch } from "../helpers.ts"
import { parseCast } from "../ops/asciicast.ts"
import {
  BROWSER_TEST_MS,
  browserExists,
  launch,
  open,
  sees,
  status,
  type TestPage,
  text,
  typeLine,
  until,
} from "./browser.ts"
import { startServer, type TestServer } from "./server.ts"

setDefaultTimeout(BROWSER_TEST_MS)

/** Clears the screen between its words, so that each time shows one word. Titles are markers. */
const SCRIPT = [
  "sleep 0.2; printf '\\033]2;first\\007one'; sleep 0.6",
  "printf '\\033[2J\\033[H\\033]2;second\\007two'; sleep 0.6",
  "printf '\\033[2J\\033[H\\033[1;35mthree 漢字\\033[m'; exit 3",
].join("; ")

describe.skipIf(!browserExists())("the player", () => {
  let server: TestServer
  let browser: Browser
  let film: string
  /** Times in seconds at which each word is alone on the screen. */
  let at: { one: number; two: number; three: number }

  beforeAll(async () => {
    ;[server, browser] = await Promise.all([startServer(), launch()])
    film = await record("film", SCRIPT)
    const [one, two, three] = await timesOf(film, "one", "two", "three")
    // The page rounds positions to milliseconds.
    const between = (a: number, b: number) => Math.floor((a + b) * 500) / 1000
    at = { one: between(one!, two!), two: between(two!, three!), three: three! + 0.01 }
  })
  afterAll(async () => {
    await browser.close()
    await server[Symbol.asyncDispose]()
  })

  async function record(name: string, script: string, more: object = {}): Promise<string> {
    const argv = ["/bin/sh", "-c", script]
    const { id } = await server.api<{ id: string }>("POST", "/v1/sessions", {
      name,
      argv,
      cols: 60,
      rows: 12,
      ...more,
    })
    await server.api("POST", `/v1/sessions/${id}/wait`, { until: { exit: true } })
    return id
  }

  /** Returns the times at which a recording printed each word. */
  async function timesOf(id: string, ...words: string[]): Promise<number[]> {
    const headers = { authorization: `Bearer ${server.token}` }
    const response = await fetch(`${server.origin}/v1/sessions/${id}/recording`, { headers })
    const { events } = parseCast(await response.text())
    const upTo = (word: string) => events.findIndex(([, , data]) => data.includes(word)) + 1
    const sum = (count: number) => events.slice(0, count).reduce((all, [interval]) => all + interval, 0)
    return words.map(word => sum(upTo(word)))
  }

  async function play(address: string, options: BrowserContextOptions = {}): Promise<TestPage> {
    const page = await open(browser, `${server.origin}/#token=${server.token}`, options)
    await page.goto(`${server.origin}/${address}`)
    await page.getByTestId("player").waitFor()
    return page
  }

  const durationOf = (page: TestPage) =>
    page.getByTestId("position").evaluate(slider => Number((slider as HTMLInputElement).max))

  test("plays a recording to its end, shows the exit, and violates no policy", async () => {
    const page = await play(`#/r/${film}`)
    await sees(page, "one")
    await sees(page, "two")
    await sees(page, "three 漢字")
    await until(page, () => window.ptyline.status().startsWith("Paused"))
    await page.getByTestId("status").getByText("exited with 3").waitFor()
    expect(await page.getByTestId("duration").textContent()).toBe("0:01")
    await page.getByTestId("play").click()
    await sees(page, "one")
    expect(page.complaints).toEqual([])
    await page.context().close()
  })

  test("seeks forward and back, and links to the position", async () => {
    const page = await play(`#/r/${film}?t=${at.two}`)
    await sees(page, "two")
    expect(await status(page)).toStartWith("Paused 0:0")
    const position = page.getByTestId("position")
    await position.fill(String(at.one))
    await sees(page, "one")
    await position.fill(String(at.three))
    await sees(page, "three")
    await position.fill(String(at.two))
    await sees(page, "two")
    const { hash } = new URL(page.url())
    expect(hash).toBe(`#/r/${film}?t=${Math.round(at.two * 1000) / 1000}`)
    await page.reload()
    await sees(page, "two")
    await page.getByTestId("link").click()
    await page.getByTestId("toast").getByText("Copied a link to 0:0").waitFor()
    const link = await page.evaluate(() => navigator.clipboard.readText())
    expect(link).toBe(`${server.origin}/${hash}`)
    expect(page.complaints).toEqual([])
    await page.context().close()
  })

  test("works with the keyboard alone", async () => {
    const page = await play(`#/r/${film}?t=0`)
    await page.getByTestId("status").getByText("exited").waitFor()
    await page.keyboard.press("End")
    await sees(page, "three")
    await page.keyboard.press("Home")
    await until(page, () => window.ptyline.text() === "")
    for (const word of ["one", "two"]) {
      await page.keyboard.press("]")
      await sees(page, word)
    }
    await page.keyboard.press("[")
    await sees(page, "one")
    await page.keyboard.press("ArrowRight")
    await sees(page, "three")
    await page.keyboard.press("Shift+ArrowLeft")
    await until(page, () => window.ptyline.text() === "")
    await page.keyboard.press("9")
    await until(page, () => window.ptyline.text() !== "")
    await page.keyboard.press(">")
    expect(await page.getByTestId("speed").textContent()).toBe("1.5×")
    await page.keyboard.press("Space")
    await until(page, () => window.ptyline.status().startsWith("Playing"))
    await page.keyboard.press("Space")
    await until(page, () => window.ptyline.status().startsWith("Paused"))
    await page.keyboard.press("Escape")
    await page.getByTestId("terminal").waitFor()
    expect(new URL(page.url()).hash).toBe(`#/s/${film}`)
    await page.context().close()
  })

  test("applies the speed, and skips pauses only if requested", async () => {
    const long = await record("long", "printf begin; sleep 2; printf end; sleep 0.1; exit 0")
    const page = await play(`#/r/${long}?t=0`)
    await page.getByTestId("status").getByText("exited").waitFor()
    const begun = performance.now()
    await page.getByTestId("play").click()
    await sees(page, "beginend")
    await until(page, () => window.ptyline.status().startsWith("Paused"))
    const skipped = performance.now() - begun
    await page.getByTestId("pauses").click()
    expect(await page.getByTestId("pauses").getAttribute("aria-pressed")).toBe("false")
    const again = performance.now()
    await page.getByTestId("play").click()
    await until(page, () => window.ptyline.status().startsWith("Playing"))
    await until(page, () => window.ptyline.status().startsWith("Paused"))
    const whole = performance.now() - again
    expect(whole).toBeGreaterThan(1900)
    expect(skipped).toBeLessThan(whole)
    await page.getByTestId("speed").click()
    await page.getByTestId("speed-8").click()
    const fast = performance.now()
    await page.keyboard.press("k")
    await until(page, () => window.ptyline.status().startsWith("Playing"))
    await until(page, () => window.ptyline.status().startsWith("Paused"))
    expect(performance.now() - fast).toBeLessThan(whole)
    await page.context().close()
  })

  test("opens from the toolbar, and follows a running session", async () => {
    const { id } = await server.api<{ id: string }>("POST", "/v1/sessions", {
      command: "echo ready; while read x; do echo got $x; done",
    })
    const page = await open(browser, `${server.origin}/#token=${server.token}`)
    await page.goto(`${server.origin}/#/s/${id}`)
    await typeLine(page, "before")
    await sees(page, "got before")
    await page.getByTestId("more").click()
    await page.getByTestId("recording").click()
    await page.getByTestId("player").waitFor()
    await sees(page, "got before")
    await page.getByTestId("live").click()
    await server.api("POST", `/v1/sessions/${id}/input`, { text: "later\r" })
    await sees(page, "got later")
    await page.goto(`${server.origin}/#/r/${id}?t=99999`)
    await page.reload()
    await sees(page, "got later")
    await page.getByTestId("back").click()
    await page.getByTestId("terminal").waitFor()
    const viewers = async () => (await server.api<{ viewers: number }>("GET", `/v1/sessions/${id}`)).viewers
    for (let n = 0; (await viewers()) !== 1 && n < 100; n++) await Bun.sleep(50)
    expect(await viewers()).toBe(1)
    await page.context().close()
  })

  test("seeks through a long recording in both directions to the right screen", async () => {
    const long = await record("numbers", "seq 1 60000; sleep 0.2; seq 60001 120000; printf last", {
      log_limit: 4 << 20,
    })
    const page = await play(`#/r/${long}?t=0`)
    await until(
      page,
      () => document.querySelector("[data-testid=status]")?.textContent?.includes("exited") === true,
    )
    await page.keyboard.press("End")
    await sees(page, "120000\nlast", 20_000)
    expect((await text(page)).split("\n").slice(-3)).toEqual(["119999", "120000", "last"])
    await page.keyboard.press("Home")
    await page.keyboard.press("End")
    await sees(page, "120000\nlast", 20_000)
    await page.context().close()
  })

  test("fits a phone, and scales down a wide recording", async () => {
    const wide = await record("wide", "printf '%079d|' 0; exit 0", { cols: 80, rows: 24 })
    const page = await play(`#/r/${wide}?t=9`, {
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    })
    await sees(page, "0|")
    const rights = await page.evaluate(() =>
      [
        ...document.querySelectorAll(
          "body, .player .toolbar > *, .controls > *, .controls button, .stage .xterm-screen",
        ),
      ].map(part => part.getBoundingClientRect().right - innerWidth),
    )
    expect(Math.max(...rights)).toBeLessThanOrEqual(0)
    await page.getByTestId("play").tap()
    expect(await durationOf(page)).toBeGreaterThanOrEqual(0)
    await page.context().close()
  })

  test("downloads the recording in every format", async () => {
    const page = await play(`#/r/${film}?t=0`)
    for (const [format, name, begin] of [
      ["asciicast", "film.cast", '{"version":3'],
      ["asciicast-v2", "film.cast", '{"version":2'],
      ["text", "film.txt", "three 漢字"],
      ["html", "film.html", "<!doctype html>"],
    ] as const) {
      await page.getByTestId("download").click()
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByTestId(`download-${format}`).click(),
      ])
      expect(download.suggestedFilename()).toBe(name)
      expect(await Bun.file(await download.path()).text()).toStartWith(begin)
    }
    expect(page.complaints).toEqual([])
    await page.context().close()
  })

  test("never treats output as markup, in the player and in the saved page", async () => {
    const evil = '<img src=x onerror="window.owned=1"><script>window.owned=1</scr' + "ipt>"
    const id = await record("evil", `printf '\\033]2;%s\\007%s' "$EVIL" "$EVIL"; sleep 0.1`, {
      env: { EVIL: evil },
    })
    const page = await play(`#/r/${id}?t=9`)
    await sees(page, "<img src=x")
    await page.locator(".tick").first().waitFor()
    const owned = () => page.evaluate(() => "owned" in window)
    expect([await owned(), page.complaints]).toEqual([false, []])
    await page.getByTestId("download").click()
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByTestId("download-html").click(),
    ])
    using saved = scratch()
    await download.saveAs(join(saved.path, "evil.html"))
    await page.goto(`file://${saved.path}/evil.html`)
    expect(await page.locator("pre").textContent()).toContain("<img src=x onerror=")
    expect(await page.locator("script, img").count()).toBe(0)
    expect(await owned()).toBe(false)
    await page.context().close()
  })

  test("reports a recording of an unknown session", async () => {
    const page = await open(browser, `${server.origin}/#token=${server.token}`)
    await page.goto(`${server.origin}/#/r/unknown?t=3`)
    await page.getByTestId("missing").getByText("unknown").waitFor()
    await page.context().close()
  })
})
