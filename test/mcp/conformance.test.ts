// The MCP conformance suite, with all requirements of a revision, against the program over HTTP.

import { afterAll, expect, test } from "bun:test"
import { join } from "node:path"
import { Home } from "../program.ts"

const home = new Home()
const server = await home.serve(["--conformance-fixtures", "--no-auth"])
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  home[Symbol.dispose]()
})

const suite = Bun.resolveSync("@modelcontextprotocol/conformance/dist/index.js", import.meta.dir)
const expected = join(import.meta.dir, "conformance.yml")

for (const revision of ["2025-11-25", "2026-07-28"])
  test(`the conformance suite passes, revision ${revision}`, async () => {
    const words = ["server", "--url", `${server.origin}/mcp`, "--requirements", revision]
    const run = Bun.spawn([process.execPath, suite, ...words, "--expected-failures", expected], {
      cwd: home.path,
      env: { PATH: process.env.PATH, HOME: home.path },
      stdio: ["ignore", "pipe", "pipe"],
    })
    const [output, code] = [await new Response(run.stdout).text(), await run.exited]
    const summary = output.slice(output.indexOf("=== SUMMARY ==="))
    expect(summary, summary).toContain("all failures are expected")
    expect(summary).toMatch(/✓ tools-call-simple-text/)
    expect(code).toBe(0)
  }, 120_000)

test("the flag for the fixtures is hidden", async () => {
  const plain = await home.run("serve", "--help")
  expect(plain.stdout).not.toContain("conformance")
})
