// <ptyline-terminal> in a page of another origin, under a strict content security policy, in a real browser.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test"
import type { Browser } from "playwright-core"
import { BROWSER_TEST_MS, browserExists, launch, open, type TestPage } from "./browser.ts"
import { startProxy } from "./proxy.ts"
import { startServer, type TestServer } from "./server.ts"

setDefaultTimeout(BROWSER_TEST_MS)

type Terminal = HTMLElement & { text: string; status: string; send(text: string): boolean }

declare global {
  interface Window {
    heard: { id: string; type: string; detail: unknown }[]
  }
}

/** Script that records the events of all terminals from the start. */
const LISTENER = `window.heard = []
for (const type of ["connected", "exit", "title", "input"])
  document.addEventListener(type, e => heard.push({ id: e.target.id, type, detail: e.detail }), { capture: true })`

/** Another site: serves given HTML and a script, under a policy without inline code. */
class Site {
  html = ""
  readonly #server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: request =>
      new URL(request.url).pathname === "/listener.js"
        ? new Response(LISTENER, { headers: { "content-type": "text/javascript" } })
        : new Response(this.html, {
            headers: { "content-type": "text/html", "content-security-policy": this.policy },
          }),
  })
  policy = ""

  get origin(): string {
    return this.#server.url.origin
  }

  /** Sets a page with these terminals. Its module is loaded from `from`. */
  show(terminals: string, from: string, style = ""): void {
    this.policy = `default-src 'none'; script-src 'self' ${from}; style-src 'self' 'sha256-${hash(style)}'; connect-src ${from} ${from.replace("http", "ws")}`
    this.html = `<!doctype html><title>site</title><style>${style}</style><script src="/listener.js"></script>
<script type="module" src="${from}/ptyline-terminal.js"></script>${terminals}`
  }

  stop(): Promise<void> {
    return this.#server.stop(true)
  }
}

const hash = (text: string): string => new Bun.CryptoHasher("sha256").update(text).digest("base64")

async function shows(page: TestPage, id: string, text: string): Promise<void> {
  const shown = ([element, part]: string[]) =>
    document.querySelector<Terminal>(`#${element}`)?.text?.includes(part!) === true
  await page.waitForFunction(shown, [id, text], { timeout: 15_000, polling: 20 })
}

const statusOf = (page: TestPage, id: string) =>
  page.evaluate(element => document.querySelector<Terminal>(`#${element}`)!.status, id)

const heard = (page: TestPage) => page.evaluate(() => window.heard)

describe.skipIf(!browserExists())("the component", () => {
  const site = new Site()
  let server: TestServer
  let browser: Browser

  beforeAll(async () => {
    ;[server, browser] = await Promise.all([startServer("--allow-origin", site.origin), launch()])
  })
  afterAll(async () => {
    await Promise.all([browser.close(), site.stop()])
    await server[Symbol.asyncDispose]()
  })

  const start = async (command: string): Promise<string> =>
    (await server.api<{ id: string }>("POST", "/v1/sessions", { command, cols: 70, rows: 20 })).id
  const element = (id: string, session: string, more = "") =>
    `<ptyline-terminal id="${id}" src="${server.origin}" session="${session}" token="${server.token}" ${more}></ptyline-terminal>`

  test("shows output, sends input and events; two on a page, one of them view only", async () => {
    const shell = await start("bash --norc --noprofile")
    site.show(element("one", shell) + element("two", shell, 'mode="view"'), server.origin)
    const page = await open(browser, site.origin)
    const prompted = await page.waitForFunction(
      () => document.querySelector<Terminal>("#one")?.text?.includes("bash-") && performance.now(),
    )
    console.log(
      `first prompt ${Math.round((await prompted.jsonValue()) as number)} ms after the page started to load`,
    )
    await shows(page, "two", "bash-")
    await page.locator("#one textarea").focus()
    await page.keyboard.type("echo one-$((40 + 2)); printf '\\033]0;a title\\007'")
    await page.keyboard.press("Enter")
    await shows(page, "one", "one-42")
    await shows(page, "two", "one-42")
    await page.locator("#two textarea").focus()
    await page.keyboard.type("not typed")
    expect(await page.evaluate(() => document.querySelector<Terminal>("#two")!.send("not sent"))).toBe(false)
    await page.evaluate(() => document.querySelector<Terminal>("#one")!.send("exit 7\n"))
    await page.waitForFunction(() => window.heard.filter(({ type }) => type === "exit").length === 2)
    const events = await heard(page)
    expect(
      events
        .filter(({ type }) => type === "connected")
        .map(({ id }) => id)
        .sort(),
    ).toEqual(["one", "two"])
    expect(events.find(({ type }) => type === "exit")!.detail).toMatchObject({ code: 7, signal: null })
    expect(events.find(({ type }) => type === "title")!.detail).toEqual({ title: "a title" })
    const typed = events.filter(({ type }) => type === "input")
    expect(typed.every(({ id }) => id === "one")).toBe(true)
    expect(typed.map(({ detail }) => (detail as { data: string }).data).join("")).toStartWith("echo one-")
    expect(await statusOf(page, "one")).toBe("ended")
    expect(await page.evaluate(() => document.querySelector<Terminal>("#one")!.text)).not.toContain(
      "not typed",
    )
    expect(page.complaints).toEqual([])
    await page.context().close()
  })

  test("continues after the connection breaks", async () => {
    await using proxy = await startProxy(server.origin)
    const id = await start("bash --norc --noprofile")
    site.show(element("one", id).replace(server.origin, proxy.origin), proxy.origin)
    const page = await open(browser, site.origin)
    await shows(page, "one", "bash-")
    await page.evaluate(() => document.querySelector<Terminal>("#one")!.send("seq 1 50\n"))
    await shows(page, "one", "\n50\n")
    proxy.cut()
    await server.api("POST", `/v1/sessions/${id}/input`, { text: "echo mean''while\n" })
    await shows(page, "one", "meanwhile")
    const text = await page.evaluate(() => document.querySelector<Terminal>("#one")!.text ?? "")
    // Nothing is repeated or lost.
    expect(text.match(/^50$/gm)).toHaveLength(1)
    expect(text.match(/^meanwhile$/gm)).toHaveLength(1)
    expect(page.complaints).toEqual([])
    await page.context().close()
  })

  test("takes its appearance from CSS properties, and its size from its element", async () => {
    const id = await start("bash --norc --noprofile")
    const style =
      "#one { --ptyline-background: rgb(1, 2, 3); --ptyline-font-size: 20px; width: 500px; height: 300px }"
    site.show(element("one", id), server.origin, style)
    const page = await open(browser, site.origin)
    await shows(page, "one", "bash-")
    const host = page.locator("#one")
    const background = () => host.evaluate(node => getComputedStyle(node).backgroundColor)
    expect(await background()).toBe("rgb(1, 2, 3)")
    const size = async () =>
      (await server.api<{ size: { cols: number; rows: number } }>("GET", `/v1/sessions/${id}`)).size
    const fitted = (cols: number) => async () => (await size()).cols !== cols
    await untilTrue(fitted(70))
    const before = await size()
    expect(before.cols).toBeLessThan(60)
    await host.evaluate(node => {
      node.style.width = "900px"
    })
    await untilTrue(fitted(before.cols))
    expect((await size()).cols).toBeGreaterThan(before.cols)
    expect(page.complaints).toEqual([])
    await page.context().close()
  })

  test("reports a missing session and a wrong token", async () => {
    const id = await start("cat")
    site.show(element("none", "s_nobody") + element("out", id).replace(server.token, "wrong"), server.origin)
    const page = await open(browser, site.origin)
    await page.locator("#none[status=gone]").waitFor()
    await page.locator("#out[status=signed-out]").waitFor()
    await page.getByText("The server does not have this session.").waitFor()
    await page.context().close()
  })

  test("the /embed page shows a terminal", async () => {
    const id = await start("bash --norc --noprofile")
    const page = await open(browser, server.url)
    await page.getByTestId("new").waitFor()
    await page.goto(`${server.origin}/embed`)
    await page.locator("select").selectOption(id)
    await shows(page, "live", "bash-")
    expect(await page.locator("#snippet").textContent()).toContain(`session="${id}"`)
    expect(page.complaints).toEqual([])
    await page.context().close()
  })
})

async function untilTrue(condition: () => Promise<boolean>): Promise<void> {
  const late = AbortSignal.timeout(15_000)
  while (!(await condition())) {
    late.throwIfAborted()
    await Bun.sleep(20)
  }
}
