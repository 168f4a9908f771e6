// The README's way to run ptyline under Deno, and what else differs there for a user of the command line.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { terminalBackend } from "../../src/backends/terminal/backend.ts"
import { delay } from "../../src/core/lib/wake.ts"
import { installed, onLinux, start } from "../helpers.ts"
import { AttachClient } from "../http/attach-client.ts"
import { Child, Home, programUnderDeno } from "../program.ts"

setDefaultTimeout(60_000)

const ROOT = join(import.meta.dirname, "../..")
const possible = onLinux("ptyline under Deno") && installed("npm", "bash")

describe.skipIf(!possible)("under Deno", () => {
  const home = new Home()
  afterAll(() => home[Symbol.dispose]())

  const under = (...args: string[]) => home.spawn(args, {}, programUnderDeno()).result()

  test("the README's two lines install Deno and start the server with its page", async () => {
    const readme = readFileSync(join(ROOT, "README.md"), "utf8")
    const lines = [...readme.matchAll(/^\$ (npm install --global deno|deno task start)$/gm)].map(
      match => match[1]!,
    )
    expect(lines).toHaveLength(2)
    const [install, start] = lines
    const prefix = join(home.path, "npm")
    // npm and Deno may need this machine's settings for the network
    const env = {
      ...process.env,
      ...home.env,
      npm_config_prefix: prefix,
      PATH: `${prefix}/bin:${home.env.PATH}`,
    }
    const script = `${install} >/dev/null && exec ${start} --port 0`
    const server = new Child(["bash", "-c", script], ROOT, env)
    try {
      // the first line downloads 40 MB
      for (let i = 0; i < 6 && !server.stdout.includes("#token="); i++)
        await server.until(() => server.stdout.includes("#token="), "the server's address").catch(() => {})
      const address = /http:\/\/\S+(?=\/#token)/.exec(server.stdout)![0]
      expect(await (await fetch(`${address}/healthz`)).json()).toEqual({ ok: true })
      const page = await fetch(address)
      expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("<title>")])
    } finally {
      server.process.kill("SIGTERM")
      await server.result()
    }
  }, 180_000)

  test("run keeps stdout, stderr and the exit code apart", async () => {
    const result = await under("run", "--", "sh", "-c", "echo out; echo err >&2; exit 3")
    expect(result).toMatchObject({ code: 3, stdout: "out\n", stderr: "err\n" })
  })

  test("run reports a program that does not exist", async () => {
    const { code, stderr } = await under("run", "--", "no-such-program")
    expect([code, stderr]).toEqual([127, expect.stringContaining("no such command: no-such-program")])
  })

  describe("with a server", () => {
    let served: Awaited<ReturnType<Home["serve"]>>
    beforeAll(async () => {
      served = await home.serve([], {}, programUnderDeno())
    })
    afterAll(() => served[Symbol.asyncDispose]())

    test("commands use its socket", async () => {
      const made = await under("new", "--name", "one", "--", "sh", "-c", "test -t 0 && stty size; read x")
      expect(made.code).toBe(0)
      const waited = await under("wait", "one", "--match", "30 120", "--timeout", "20s")
      expect([waited.code, waited.stderr]).toEqual([0, ""])
      expect((await under("ls")).stdout).toContain("one")
    })

    test("attach connects a terminal and gives it back", async () => {
      await under("new", "--name", "two", "--", "sh")
      const command = [...programUnderDeno(), "attach", "two"]
      await using run = start(terminalBackend, command, { env: home.env, cwd: home.path })
      const drawn = await run.until(/[$#] /)
      run.type("echo sum-$((40+2)); stty size\r")
      await run.until("24 80", await run.until("sum-42", drawn))
      run.type("\x1c")
      await delay(100)
      run.type("d")
      const { text, exit } = await run.collect()
      expect([exit.exit.code, text]).toEqual([0, expect.stringContaining("detached from two")])
    })

    test("doctor finds everything", async () => {
      const { code, stdout } = await under("doctor")
      expect([code, stdout]).toEqual([0, expect.stringMatching(/^ok +terminal/m)])
    })

    test("mcp speaks on stdio", async () => {
      const child = home.spawn(["mcp"], {}, programUnderDeno())
      const hello = {
        ...{ jsonrpc: "2.0", id: 1, method: "initialize" },
        params: {
          protocolVersion: "2025-11-25",
          capabilities: {},
          clientInfo: { name: "test", version: "1" },
        },
      }
      child.process.stdin.write(`${JSON.stringify(hello)}\n`)
      await child.until(() => child.stdout.includes("\n"), "an answer")
      expect(JSON.parse(child.stdout.split("\n")[0]!)).toMatchObject({
        id: 1,
        result: { serverInfo: { name: "ptyline" } },
      })
      expect((await child.result()).code).toBe(0)
    })
  })

  test("workers share the port and forward WebSockets", async () => {
    using own = new Home()
    await using served = await own.serve(["--workers", "2"], {}, programUnderDeno())
    const statuses = await Promise.all(
      Array.from({ length: 8 }, () => served.fetch("/v1/sessions").then(({ status }) => status)),
    )
    expect(new Set(statuses)).toEqual(new Set([200]))
    const body = JSON.stringify({ argv: ["sh", "-c", "printf ready; read x"], name: "one" })
    expect((await served.fetch("/v1/sessions", { method: "POST", body })).status).toBe(201)
    const options = { token: served.token, query: "snapshot=never" }
    await using client = new AttachClient(`${served.origin}/v1/sessions/one/attach`, options)
    await client.printed("ready")
  })

  test("an expect script in TypeScript imports ptyline", async () => {
    const script = join(home.path, "talk.ts")
    writeFileSync(
      script,
      `import { expect, type Dialogue } from "ptyline"
export default async (shell: Dialogue) => {
  await shell.send("echo $((6 * 7))\\n")
  await shell.expect("42")
  await using other = await expect(["cat"])
  await other.send("again\\n")
  await other.expect("again")
}
`,
    )
    const { code, stderr } = await under("expect", script, "--", "sh")
    expect([code, stderr]).toEqual([0, ""])
  })
})
