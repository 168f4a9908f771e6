// Approvals: what one is bound to, that it is good once, and that it cannot be misused.

import { expect, test } from "bun:test"
import { Approvals, commandOf, type ProposedStart } from "../../src/core/access/approvals.ts"
import {
  Confirmations,
  DANGEROUS_PATTERNS,
  type DangerRule,
  dangersOf,
} from "../../src/core/access/danger.ts"
import type { PtylineError } from "../../src/core/lib/errors.ts"
import { regex } from "../../src/ops/output/match.ts"

const ruleOf = (pattern: string): DangerRule => {
  const { find } = regex(pattern)
  return { pattern, matches: command => find(command) !== null }
}
const fresh = (ttlMs?: number) => new Approvals([ruleOf("danger-[0-9]+")], new Confirmations(), ttlMs)

const rejection = (work: () => unknown): PtylineError => {
  try {
    work()
  } catch (error) {
    return error as PtylineError
  }
  throw new Error("it passed")
}
const why = (work: () => unknown) => rejection(work).message

/** Returns the id of an approved approval, opened by a rejected start. */
function approved(approvals: Approvals, start: ProposedStart): string {
  const { approval } = rejection(() => approvals.admit(start)).details as { approval: string }
  approvals.decide(approval, true, "ann")
  return approval
}

test("built-in patterns match destructive commands with any spacing", () => {
  const rules = DANGEROUS_PATTERNS.map(ruleOf)
  const dangerous = [
    "rm -rf /",
    "  rm   -fr  /var ",
    "rm -r -f /x",
    "rm --recursive --force /x",
    "sudo rm -Rf '/x'",
    "cd /tmp && rm -rfv /x",
    "mkfs.ext4 /dev/sda1",
    "dd if=/dev/zero of=/dev/sda",
    "shutdown -h now",
    "sudo reboot",
    "poweroff",
  ]
  for (const command of dangerous)
    expect([command, dangersOf(command, rules).length > 0]).toEqual([command, true])
  for (const command of ["rm -r build", "rm -f /tmp/x", "ls -rf /", "dd if=a of=b", "make"])
    expect([command, dangersOf(command, rules)]).toEqual([command, []])
})

test("a command line, a shell's argv and plain argv give the same command", () => {
  expect(commandOf({ command: " a   b\n" })).toBe("a b")
  expect(commandOf({ argv: ["bash", "-lc", "a  b"] })).toBe("a b")
  expect(commandOf({ argv: ["a", "b"] })).toBe("a b")
  expect(commandOf({})).toBeNull()
})

test("harmless commands pass; a dangerous one is rejected with the id of its approval", () => {
  const approvals = fresh()
  approvals.admit({ command: "ls" })
  approvals.admit({})
  const error = rejection(() =>
    approvals.admit({ command: "echo  danger-1", reason: "cleaning", by: "agent" }),
  )
  expect(error.code).toBe("denied")
  expect(error.message).toContain("dangerous command detected")
  expect(approvals.open()).toMatchObject([
    {
      id: error.details.approval,
      command: "echo danger-1",
      matches: ["danger-[0-9]+"],
      reason: "cleaning",
      by: "agent",
      state: "open",
    },
  ])
})

test("an approval is good for one start of exactly that command", () => {
  const approvals = fresh()
  const start = { command: "echo danger-1", owner: "o", cwd: "/w", env: { A: "1" } }
  const approval = approved(approvals, start)
  const other = (change: ProposedStart) => why(() => approvals.admit({ ...start, approval, ...change }))
  expect(other({ command: "echo danger-2" })).toContain("another command")
  expect(other({ owner: "p" })).toContain("another owner")
  expect(other({ cwd: "/elsewhere" })).toContain("another directory")
  expect(other({ env: { A: "1", PATH: "/evil" } })).toContain("environment")
  expect(other({ env: {} })).toContain("environment")
  approvals.admit({ ...start, argv: ["sh", "-c", "echo  danger-1"], command: undefined, approval })
  expect(other({})).toContain("this approval is used")
})

test("a caller without the approval's id tries again; no other caller can use the approval", () => {
  const approvals = fresh()
  const start = { command: "echo danger-1", by: "agent", cwd: "/w" }
  approved(approvals, start)
  for (const other of [{ by: "other" }, { cwd: "/" }, { env: { A: "1" } }])
    expect(why(() => approvals.admit({ ...start, ...other }))).toContain("a person must")
  approvals.admit(start)
  expect(why(() => approvals.admit(start))).toContain("a person must")
})

test("an approval is good again after a failed start; a second decision is rejected", () => {
  const approvals = fresh()
  const start = { command: "echo danger-1" }
  const approval = approved(approvals, start)
  approvals.admit({ ...start, approval })()
  approvals.admit({ ...start, approval })
  expect(rejection(() => approvals.decide(approval, false, "bob")).code).toBe("conflict")
})

test("open, denied, expired and invented approvals let no start pass", async () => {
  const approvals = fresh(30)
  const start = { command: "echo danger-1" }
  const ask = () => rejection(() => approvals.admit(start)).details.approval as string
  const open = ask()
  expect(why(() => approvals.admit({ ...start, approval: open }))).toContain("is open")
  const denied = ask()
  approvals.decide(denied, false, "ann")
  expect(why(() => approvals.admit({ ...start, approval: denied }))).toContain("is denied")
  const yes = approved(approvals, start)
  expect((await approvals.outcome(open, 10_000)).state).toBe("expired")
  while (approvals.get(yes).state === "approved") await approvals.changed.wait(AbortSignal.timeout(10_000))
  expect(why(() => approvals.admit({ ...start, approval: yes }))).toContain("is expired")
  const made = rejection(() => approvals.admit({ ...start, approval: `ap_${"0".repeat(32)}` }))
  expect(made.code).toBe("not_found")
})

test("outcome resolves at once when the approval is decided", async () => {
  const approvals = fresh()
  const { id } = approvals.ask({ command: "echo danger-1", by: "agent", scope: "control" })
  const outcome = approvals.outcome(id, 60_000)
  approvals.decide(id, true, "ann")
  expect(await outcome).toMatchObject({ state: "approved", decidedBy: "ann" })
})

test("a surface with tokens gets one token per approval", () => {
  const confirmations = new Confirmations()
  const approvals = new Approvals([ruleOf("danger")], confirmations)
  const wanted = { command: "echo danger", owner: "o", scope: "control" }
  const { id } = approvals.ask({ ...wanted, by: "agent" })
  expect(why(() => approvals.confirmation(id))).toContain("is open")
  approvals.decide(id, true, "ann")
  const { token } = approvals.confirmation(id)
  expect(why(() => approvals.confirmation(id))).toContain("is used")
  expect(why(() => confirmations.claim(token, { ...wanted, scope: "admin" }))).toContain("scope mismatch")
  confirmations.claim(token, wanted)
  expect(why(() => confirmations.claim(token, wanted))).toContain("invalid or expired")
  approvals.admit({ ...wanted, confirmed: true })
})

test("the number of open approvals is limited", () => {
  const approvals = fresh()
  for (let i = 0; i < 20; i++) approvals.ask({ command: `danger-${i}`, by: "agent" })
  expect(rejection(() => approvals.admit({ command: "danger-99" })).code).toBe("limit_reached")
})
