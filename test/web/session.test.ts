// Sessions in the page: start, type, resize, reload, search, rename, end.

import { describe, expect, setDefaultTimeout, test } from "bun:test"
import { BROWSER_TEST_MS, browserExists, open, openSession, sees, text, typeLine, until } from "./browser.ts"
import { startBrowserAndServer } from "./setup.ts"

setDefaultTimeout(BROWSER_TEST_MS)

const { server, browser } = await startBrowserAndServer()

describe.skipIf(!browserExists())("a session in the page", () => {
  test("opens a session from an address with a token, and removes the token", async () => {
    const { id } = await server.api<{ id: string }>("POST", "/v1/sessions", {
      argv: ["sh", "-c", "echo opened; cat"],
    })
    const page = await open(browser, `${server.origin}/#/s/${id}&token=${server.token}`)
    await sees(page, "opened")
    expect(new URL(page.url()).hash).toBe(`#/s/${id}`)
    await page.context().close()
    await server.api("DELETE", `/v1/sessions/${id}`)
  })

  test("starts from the printed address, takes input and shows output", async () => {
    const page = await open(browser, server.url)
    await page.getByTestId("start-form").getByLabel("Command").fill("bash --norc --noprofile")
    await page.getByTestId("start").click()
    await until(page, () => window.ptyline.status() === "Connected")
    expect(new URL(page.url()).hash).toStartWith("#/s/")
    await typeLine(page, "echo one-$((40 + 2))")
    await sees(page, "one-42")
    expect(await page.getByTestId("session").count()).toBe(1)
    expect(await page.title()).toEndWith("ptyline")
    expect(page.complaints).toEqual([])
    await page.context().close()
  })

  test("sets the program's size, before and after the window changes", async () => {
    const { page } = await openSession(browser, server, { command: "bash --norc --noprofile" })
    const shown = () => page.getByTestId("size").textContent()
    const stty = async (mark: string) => {
      await typeLine(page, `echo "${mark} $(stty size)"`)
      const [rows, cols] = await sizeAfter(mark)
      return `${cols}×${rows}`
    }
    const sizeAfter = async (mark: string) => {
      await page.waitForFunction(m => new RegExp(`^${m} \\d+ \\d+$`, "m").test(window.ptyline.text()), mark)
      return new RegExp(`^${mark} (\\d+) (\\d+)$`, "m").exec(await text(page))!.slice(1)
    }
    expect(await stty("before")).toBe((await shown())!)
    const before = await shown()
    await page.setViewportSize({ width: 900, height: 500 })
    await page.waitForFunction(
      old => document.querySelector("[data-testid=size]")?.textContent !== old,
      before,
    )
    expect(await stty("after")).toBe((await shown())!)
    await page.context().close()
  })

  test("shows the same screen after a reload", async () => {
    const { page } = await openSession(browser, server, {
      command: "seq 1 200; printf '\\033[31mred\\033[0m 漢字 👩‍💻\\n'; cat",
    })
    await sees(page, "👩‍💻")
    const before = await text(page)
    await page.reload()
    await sees(page, "👩‍💻")
    expect(await text(page)).toBe(before)
    await page.context().close()
  })

  test("replays a full-screen program at its sizes of that time", async () => {
    // Regression: after a reload, vim's scroll region of the old small screen cut the big one.
    const draw = "printf '\\033[H'; seq -s $'\\r\\n' 1 24; echo drawn"
    const program = `printf '\\033[?1049h\\033[1;10r'; trap "${draw.replaceAll("$", "\\$").replaceAll('"', '\\"')}" WINCH; while :; do sleep 0.1; done`
    const { page } = await openSession(browser, server, { command: program, cols: 80, rows: 10 })
    await sees(page, "24\ndrawn")
    const before = await text(page)
    expect(before).toStartWith("1\n2\n3\n")
    await page.reload()
    await sees(page, "24\ndrawn")
    expect(await text(page)).toBe(before)
    await page.context().close()
  })

  test("finds text, counts matches and says when there are none", async () => {
    const { page } = await openSession(browser, server, {
      command: "for i in $(seq 1 300); do echo line $i needle; done; cat",
    })
    await sees(page, "line 300 needle")
    await page.keyboard.press("Control+Shift+KeyF")
    await page.getByTestId("find").fill("line 12 needle")
    await until(page, () => document.querySelector("[data-testid=find-count]")?.textContent === "1 of 1")
    await page.getByTestId("find").fill("absent")
    await until(page, () => document.querySelector("[data-testid=find-count]")?.textContent === "no match")
    await page.keyboard.press("Escape")
    expect(await page.getByTestId("find").isVisible()).toBe(false)
    await page.context().close()
  })

  test("renames for all viewers", async () => {
    const { page, id } = await openSession(browser, server, { command: "cat" })
    await page.getByTestId("rename").click()
    await page.getByTestId("rename-dialog").getByLabel("Name").fill("my build")
    await page.keyboard.press("Enter")
    await page.waitForFunction(
      () => document.querySelector("[data-testid=label]")?.textContent === "my build",
    )
    expect((await server.api<{ name: string }>("GET", `/v1/sessions/${id}`)).name).toBe("my build")
    expect(page.complaints).toEqual([])
    await page.context().close()
  })

  test("ends a session after asking, and shows how it ended", async () => {
    const { page } = await openSession(browser, server, { argv: ["cat"] })
    await page.getByTestId("end").click()
    await page.getByTestId("end-dialog").getByTestId("yes").click()
    await until(page, () => window.ptyline.status().startsWith("Session ended by SIG"))
    await page.context().close()
  })

  test("shows the exit code of an ended program, and rejects input", async () => {
    const { page } = await openSession(browser, server, { command: "read x; echo last words; exit 7" })
    await typeLine(page, "")
    await sees(page, "last words")
    await until(page, () => window.ptyline.status() === "Session exited with 7")
    await typeLine(page, "more")
    await page.getByTestId("toast").getByText("The session has ended").waitFor()
    await page.getByTestId("session").filter({ hasText: "exited with 7" }).first().waitFor()
    await page.context().close()
  })

  test("shows sessions that others start, rename and end, without a reload", async () => {
    const page = await open(browser, server.url)
    await page.getByTestId("new").waitFor()
    const { id } = await server.api<{ id: string }>("POST", "/v1/sessions", {
      argv: ["cat"],
      name: "by an agent",
    })
    const row = page.locator(`[data-testid=session][href="#/s/${id}"]`)
    await row.getByText("by an agent").waitFor()
    await server.api("PATCH", `/v1/sessions/${id}`, { name: "by another" })
    await row.getByText("by another").waitFor()
    await server.api("DELETE", `/v1/sessions/${id}?grace_ms=100`)
    await row.waitFor({ state: "detached" })
    await page.context().close()
  })

  test("sends a signal from the menu", async () => {
    const { page } = await openSession(browser, server, {
      command: "trap 'echo got USR1' USR1; echo ready; while :; do sleep 0.1; done",
    })
    await sees(page, "ready")
    await page.getByTestId("more").click()
    await page.getByTestId("signal-USR1").click()
    await sees(page, "got USR1")
    await page.context().close()
  })

  test("sends a paste larger than the frame limit", async () => {
    const size = 1_500_000
    const counts = `stty raw -echo; echo ready; head -c ${size} | md5sum`
    const { page } = await openSession(browser, server, { command: counts })
    await sees(page, "ready")
    const long = Array.from({ length: size / 10 }, (_, i) => String(i).padStart(10, "-")).join("")
    await page.evaluate(text => navigator.clipboard.writeText(text), long)
    await page.keyboard.press("Control+Shift+KeyV")
    await sees(page, new Bun.CryptoHasher("md5").update(long).digest("hex"), 20_000)
    await page.context().close()
  })

  test("shows in the form why a session did not start", async () => {
    const page = await open(browser, server.url)
    await page.getByTestId("new").click()
    const form = page.getByTestId("start-dialog")
    await form.getByLabel("Directory").fill("/no/such/directory")
    await form.getByTestId("start").click()
    const error = form.getByTestId("start-error")
    await error.waitFor()
    expect(await error.textContent()).not.toBe("")
    await page.context().close()
  })
})
