// The page's connection: cut, paused, flooded. No byte is lost or repeated, and the page shows the state.

import { describe, expect, setDefaultTimeout, test } from "bun:test"
import type { Page } from "playwright-core"
import { BROWSER_TEST_MS, browserExists, open, openSession, sees, text, typeLine, until } from "./browser.ts"
import { startProxy } from "./proxy.ts"
import { startServer } from "./server.ts"
import { startBrowserAndServer } from "./setup.ts"

const CUTS = 20
const LINES = 2_000

setDefaultTimeout(BROWSER_TEST_MS)

const { server, browser } = await startBrowserAndServer()

describe.skipIf(!browserExists())("the page's connection to the server", () => {
  test(`loses and repeats nothing when it is cut ${CUTS} times during output`, async () => {
    await using proxy = await startProxy(server.origin)
    // it waits for the page: a snapshot has the last 1,000 lines only
    const slowly = `read x; for i in $(seq 1 ${LINES}); do printf '%d 漢字 \\033[3%dm%s\\033[0m\\n' $i $((i % 8)) abcdefghij; ((i % 20)) || sleep 0.05; done; echo finished; cat`
    const { page, id } = await openSession(
      browser,
      server,
      { command: slowly, echo: false },
      { origin: proxy.origin },
    )
    await server.api("POST", `/v1/sessions/${id}/input`, { text: "\n" })
    for (let cut = 0; cut < CUTS; cut++) {
      await Bun.sleep(120)
      proxy.cut()
    }
    await sees(page, "finished", 30_000)
    const lines = (await text(page)).split("\n")
    expect(lines).toEqual([
      ...Array.from({ length: LINES }, (_, i) => `${i + 1} 漢字 abcdefghij`),
      "finished",
    ])
    const { log } = await server.api<{ log: { end: number } }>("GET", `/v1/sessions/${id}`)
    expect(await page.evaluate(() => window.ptyline.offset())).toBe(log.end)
    await page.context().close()
  }, 60_000)

  test("shows how much is missing when the log no longer has it after a reconnect", async () => {
    await using proxy = await startProxy(server.origin)
    const flood = "read x; head -c 9000000 /dev/zero | tr '\\0' x; echo; echo finished; cat"
    const { page, id } = await openSession(browser, server, { command: flood }, { origin: proxy.origin })
    proxy.down(true)
    await until(page, () => /^(Connection lost|Server not reachable)/.test(window.ptyline.status()))
    await server.api("POST", `/v1/sessions/${id}/input`, { text: "\n" })
    const log = () =>
      server.api<{ log: { base: number; end: number } }>("GET", `/v1/sessions/${id}`).then(info => info.log)
    while ((await log()).end < 9_000_000) await Bun.sleep(50)
    proxy.down(false)
    await sees(page, "finished")
    expect(await page.getByTestId("notice").textContent()).toMatch(/ MiB of output are missing/)
    expect(await page.evaluate(() => window.ptyline.offset())).toBe((await log()).end)
    await page.context().close()
  })

  test("detects a paused server, shows it, and continues with the server", async () => {
    const { page } = await openSession(browser, server, { command: "cat" })
    await typeLine(page, "before")
    await sees(page, "before\nbefore")
    process.kill(server.pid, "SIGSTOP")
    try {
      // An online event makes the page check at once, instead of within ten seconds.
      await page.evaluate(() => dispatchEvent(new Event("online")))
      await until(page, () => /^(Connection lost|Server not reachable)/.test(window.ptyline.status()), 20_000)
      await page.getByTestId("retry").waitFor()
      await typeLine(page, "lost")
      await page.getByTestId("toast").getByText("Not connected").waitFor()
    } finally {
      process.kill(server.pid, "SIGCONT")
    }
    await until(page, () => window.ptyline.status() === "Connected", 15_000)
    await typeLine(page, "after")
    await sees(page, "after\nafter")
    expect(await text(page)).toBe("before\nbefore\nafter\nafter")
    await page.context().close()
  }, 60_000)

  test("continues without a reload after the back-forward cache", async () => {
    const { page } = await openSession(browser, server, {
      command: "for i in 1 2 3; do echo tick $i; sleep 0.3; done; cat",
    })
    await sees(page, "tick 1")
    await page.evaluate(() => document.documentElement.setAttribute("data-kept", ""))
    await page.goto(`${server.origin}/healthz`)
    await page.goBack({ waitUntil: "commit" })
    await sees(page, "tick 3")
    expect(await text(page)).toBe("tick 1\ntick 2\ntick 3")
    expect(await page.locator("html[data-kept]").count()).toBe(1)
    await page.context().close()
  })

  test("stops a flood at once on Ctrl-C", async () => {
    const { page } = await openSession(browser, server, { command: "bash --norc --noprofile" })
    await typeLine(page, "yes flood")
    await until(page, () => window.ptyline.offset() > 2_000_000)
    const pressed = Date.now()
    await page.keyboard.press("Control+KeyC")
    await sees(page, "^C")
    await settled(page)
    expect(Date.now() - pressed).toBeLessThan(5_000)
    await typeLine(page, "echo alive $((6 * 7))")
    await sees(page, "alive 42")
    await page.context().close()
  })

  test("shows that the server has stopped, and keeps the output of the lost session", async () => {
    await using own = await startServer("--no-auth")
    const page = await open(browser, own.origin)
    await page.getByTestId("start-form").getByLabel("Command").fill("echo here; cat")
    await page.getByTestId("start").click()
    await sees(page, "here")
    own.stop()
    await until(page, () => window.ptyline.status() !== "Connected")
    expect(await text(page)).toBe("here")
    await page.context().close()
  })

  test("two windows agree on the size: the last one laid out wins", async () => {
    const first = await openSession(browser, server, { command: "cat" })
    const second = await openSession(
      browser,
      server,
      { command: "cat" },
      { viewport: { width: 800, height: 480 } },
    )
    await second.page.goto(`${server.origin}/#/s/${first.id}`)
    const fit = first.page.getByTestId("fit")
    await fit.waitFor()
    await Bun.sleep(300)
    expect(await first.page.getByTestId("size").textContent()).toContain("set by another viewer")
    await fit.click()
    await second.page.getByTestId("fit").waitFor()
    await fit.waitFor({ state: "hidden" })
    await Bun.sleep(300)
    expect(await fit.isVisible()).toBe(false)
    await Promise.all([first.page.context().close(), second.page.context().close()])
  })
})

/** Waits until nothing more has been parsed for a tenth of a second. */
async function settled(page: Page): Promise<void> {
  for (let last = -1; ; await Bun.sleep(100)) {
    const now = await page.evaluate(() => window.ptyline.offset())
    if (now === last) return
    last = now
  }
}
