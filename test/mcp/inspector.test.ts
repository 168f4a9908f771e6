// The MCP inspector's command line over stdio.

import { expect, test } from "bun:test"
import { Home, program } from "../program.ts"

const inspector = Bun.resolveSync(
  "@modelcontextprotocol/inspector/clients/launcher/build/index.js",
  import.meta.dir,
)

async function inspect(home: Home, ...words: string[]) {
  const run = Bun.spawn([process.execPath, inspector, "--cli", ...program(), "mcp", ...words], {
    cwd: home.path,
    env: home.env,
    stdio: ["ignore", "pipe", "pipe"],
  })
  const answer = await new Response(run.stdout).text()
  expect(await run.exited, answer).toBe(0)
  return JSON.parse(answer)
}

test("the inspector lists the tools and calls one", async () => {
  using home = new Home()
  expect((await inspect(home, "--method", "tools/list")).tools).toHaveLength(22)
  const call = ["--method", "tools/call", "--tool-name", "pty_spawn"]
  const answer = await inspect(home, ...call, "--tool-arg", "command=echo hi", "owner=o")
  expect(answer.content[0].text).toStartWith("s_")
}, 60_000)
