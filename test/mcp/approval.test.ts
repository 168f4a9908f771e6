// Human approval of dangerous commands: on the command line, or in a dialog of the agent's client.

import { afterAll, expect, test } from "bun:test"
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client"
import { Home } from "../program.ts"
import { Agent } from "./agent.ts"

const home = new Home()
const server = await home.serve(["--approve", "human", "--dangerous", "danger-[0-9]+"])
const agent = await Agent.start({ PTY_MCP_DANGEROUS_LEGACY_MODE: "1" }, home)
afterAll(async () => {
  await agent[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
  home[Symbol.dispose]()
})

const command = "echo danger-1"
const justification = "it only prints"

/** Returns the id of the open approval. */
async function openApproval(): Promise<string> {
  for (;;) {
    const { approvals } = JSON.parse((await home.run("approvals", "--json")).stdout)
    if (approvals.length > 0) return approvals[0].id
  }
}

test("the agent's confirmation waits for a person's approval, also in legacy mode", async () => {
  const rejected = await agent.failure("pty_spawn", { command, dangerous_confirmed: true })
  expect(rejected).toStartWith("dangerous command detected; confirmation token required")
  const confirming = agent.json("confirm_dangerous_command", { command, justification })
  const approved = await home.run("approve", await openApproval())
  expect(approved.code).toBe(0)
  const { confirm_token, matches } = await confirming
  expect(matches).toEqual(["danger-[0-9]+"])
  const session_id = await agent.spawn(command, { dangerous_confirm_token: confirm_token })
  await agent.json("pty_wait", { session_id })
  expect(await agent.text("pty_read", { session_id })).toBe("danger-1\n")
  const again = await agent.failure("pty_spawn", { command, dangerous_confirm_token: confirm_token })
  expect(again).toStartWith("invalid or expired dangerous confirmation token")
})

test("a person denies a command", async () => {
  const confirming = agent.json("confirm_dangerous_command", { command, justification })
  await home.run("approve", await openApproval(), "--deny")
  expect(await confirming).toMatchObject({ ok: false, dangerous: true, error: "approval denied" })
})

for (const mode of ["legacy", "auto"] as const)
  test(`a client with elicitation asks its user, negotiation ${mode}`, async () => {
    const client = new Client(
      { name: "a test", version: "1" },
      { capabilities: { elicitation: { form: {} } }, versionNegotiation: { mode } },
    )
    const asked: string[] = []
    let answer = { action: "accept" as const, content: { approve: true } }
    client.setRequestHandler("elicitation/create", ({ params }) => {
      asked.push(params.message)
      return answer
    })
    const headers = { authorization: `Bearer ${server.token}` }
    await client.connect(
      new StreamableHTTPClientTransport(new URL("/mcp", server.origin), { requestInit: { headers } }),
    )
    const confirm = async () => {
      const args = { command, justification, owner: "o" }
      const { content } = await client.callTool({ name: "confirm_dangerous_command", arguments: args })
      return JSON.parse((content as { text: string }[])[0]!.text)
    }
    expect((await confirm()).confirm_token).toStartWith("dc_")
    expect(asked[0]).toContain(command)
    expect(asked[0]).toContain(justification)
    answer = { action: "accept", content: { approve: false } }
    expect(await confirm()).toMatchObject({ ok: false, error: "approval denied" })
    await client.close()
  })

test("ptyline mcp --approve human works without a server, and rejects a server without approvals", async () => {
  using alone = new Home()
  const own = await Agent.start({ PTY_MCP_DANGEROUS_PATTERNS: "danger-[0-9]+" }, alone, [
    "--approve",
    "human",
  ])
  const confirming = own.json("confirm_dangerous_command", { command, justification })
  let open: { id: string }[] = []
  while (open.length === 0) open = JSON.parse((await alone.run("approvals", "--json")).stdout).approvals
  expect((await alone.run("approve", open[0]!.id)).code).toBe(0)
  expect((await confirming).confirm_token).toStartWith("dc_")
  await own.client.close()
  using lax = new Home()
  await using _ = await lax.serve()
  const rejected = await lax.run("mcp", "--approve", "human")
  expect(rejected.code).not.toBe(0)
  expect(rejected.stderr).toContain("--approve human")
})
