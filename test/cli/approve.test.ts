// Sharing, tokens and approvals from the shell, with the program as its users run it.

import { afterAll, beforeAll, expect, test } from "bun:test"
import { Home, type Served } from "../program.ts"

let home: Home
let served: Served

beforeAll(async () => {
  home = new Home()
  served = await home.serve(["--approve", "human", "--dangerous", "danger-[0-9]+"])
})
afterAll(async () => {
  await served[Symbol.asyncDispose]()
  home[Symbol.dispose]()
})

/** Requests a dangerous start and returns the id of its approval. */
async function asked(): Promise<string> {
  const { code, stderr } = await home.run("new", "--", "echo", "danger-1")
  expect(code).toBe(1)
  return /ap_[0-9a-f]{32}/.exec(stderr)![0]
}

test("approve allows the command once, --deny rejects it", async () => {
  const approval = await asked()
  expect((await home.run("approvals")).stdout).toContain(approval)
  expect((await home.run("approve", approval)).stdout).toBe('approved: "echo danger-1"\n')
  expect((await home.run("new", "--approval", approval, "--", "echo", "danger-1")).code).toBe(0)
  expect((await home.run("new", "--approval", approval, "--", "echo", "danger-1")).code).toBe(1)
  expect((await home.run("approve", await asked(), "--deny")).stdout).toStartWith("denied")
})

test("a program inside a session cannot approve", async () => {
  const approval = await asked()
  const inside = home.spawn(["approve", approval], { PTYLINE_SESSION: "s_agent" })
  const { code, stderr } = await inside.result()
  expect([code, stderr.includes("by a person")]).toEqual([2, true])
})

test("share prints a link that another machine can open, and unshare revokes it", async () => {
  await home.run("new", "--name", "shared", "--", "cat")
  const { stdout } = await home.run("share", "shared", "--mode", "view")
  expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#\/share\/view\/s_[\w-]+\/ps_[\w-]+\n$/)
  const token = stdout.trim().split("/").at(-1)!
  const ask = () =>
    fetch(`${served.origin}/v1/sessions/shared`, { headers: { authorization: `Bearer ${token}` } })
  expect((await ask()).status).toBe(200)
  expect((await home.run("unshare", "shared")).stdout).toBe("1 revoked\n")
  expect((await ask()).status).toBe(401)
})

test("a token stays valid after a restart, until it is revoked", async () => {
  const { stdout } = await home.run("token", "ci", "--scope", "view")
  await served[Symbol.asyncDispose]()
  served = await home.serve([])
  const ask = () =>
    fetch(`${served.origin}/v1/sessions`, { headers: { authorization: `Bearer ${stdout.trim()}` } })
  expect((await ask()).status).toBe(200)
  expect((await home.run("tokens")).stdout).toContain('"ci"')
  expect((await home.run("revoke", "ci")).stdout).toBe("ci revoked\n")
  expect((await ask()).status).toBe(401)
})
