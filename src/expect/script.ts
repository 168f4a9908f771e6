// A script as data: expected output, input, and branches for unexpected output.

import { z } from "zod"
import { MAX_SIDE } from "../core/lib/units.ts"

const Text = z.string().min(1).max(4096)
const Regex = z.strictObject({ regex: z.string().min(1).max(1024) })
/** A text or an RE2 expression. */
const ScriptPattern = z.union([Text, Regex])
const TimeoutMs = z.int().min(1).max(86_400_000)

export type ScriptPattern = string | { regex: string }
export type Choice = ScriptPattern | { text?: string; regex?: string; do?: Step[]; fail?: string }
export type Expected = ScriptPattern | { any: Choice[] } | { screen: ScriptPattern }
/** Has exactly one action. `do`: steps after a match. `otherwise`: steps after a timeout. */
export type Step = {
  expect?: Expected
  send?: string
  keys?: string | string[]
  paste?: string
  secret?: string
  resize?: { cols: number; rows: number }
  sleep?: number
  assert_exit?: number | { signal: string }
  timeout_ms?: number
  name?: string
  do?: Step[]
  otherwise?: Step[]
}
export type Script = {
  steps: Step[]
  timeout_ms?: number
  cols?: number
  rows?: number
  cwd?: string
  env?: Record<string, string>
  command?: string[]
}

export const ACTIONS = [
  "expect",
  "send",
  "keys",
  "paste",
  "secret",
  "resize",
  "sleep",
  "assert_exit",
] as const
export type Action = (typeof ACTIONS)[number]

const Steps: z.ZodType<Step[]> = z.lazy(() => z.array(Step).max(10_000))

const Choice = z.union([
  Text,
  z
    .strictObject({
      text: Text.optional(),
      regex: Regex.shape.regex.optional(),
      do: Steps.optional(),
      fail: z.string().min(1).optional(),
    })
    .refine(choice => (choice.text === undefined) !== (choice.regex === undefined), "needs text or regex"),
])

const Side = z.int().min(1).max(MAX_SIDE)

const Step = z
  .strictObject({
    expect: z
      .union([
        Text,
        Regex,
        z.strictObject({ any: z.array(Choice).min(1).max(64) }),
        z.strictObject({ screen: ScriptPattern }),
      ])
      .optional(),
    send: z.string().optional(),
    keys: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]).optional(),
    paste: z.string().optional(),
    secret: z
      .string()
      .regex(/^[A-Za-z_]\w*$/, "must be the name of an environment variable")
      .optional(),
    resize: z.strictObject({ cols: Side, rows: Side }).optional(),
    sleep: z.int().min(0).max(3_600_000).optional(),
    assert_exit: z.union([z.int().min(0).max(255), z.strictObject({ signal: z.string().min(1) })]).optional(),
    timeout_ms: TimeoutMs.optional(),
    name: z.string().max(256).optional(),
    do: Steps.optional(),
    otherwise: Steps.optional(),
  })
  .superRefine((step, context) => {
    const actions = ACTIONS.filter(action => step[action] !== undefined)
    if (actions.length !== 1)
      context.addIssue({
        code: "custom",
        message: `needs exactly one of ${ACTIONS.join(", ")}; has ${actions.join(", ") || "none"}`,
      })
    for (const branch of ["do", "otherwise"] as const)
      if (step[branch] && step.expect === undefined)
        context.addIssue({ code: "custom", path: [branch], message: "requires expect" })
  })

export const Script: z.ZodType<Script> = z.strictObject({
  steps: z.array(Step).min(1).max(10_000),
  timeout_ms: TimeoutMs.optional(),
  cols: Side.optional(),
  rows: Side.optional(),
  cwd: z.string().optional(),
  env: z.record(z.string(), z.string()).optional(),
  command: z.array(z.string()).min(1).optional(),
})

/** A script is invalid; the message contains the position. */
export class ScriptError extends Error {}

/** Validates a script. Throws `ScriptError` with the file, the step and the field. */
export function checkScript(value: unknown, file: string): Script {
  const result = Script.safeParse(value)
  if (result.success) return result.data
  const { path, message } = deepestIssue(result.error.issues)
  throw new ScriptError(`${file}: ${formatPath(path)}: ${message}`)
}

const UNKNOWN = "unknown field"
type Issue = z.core.$ZodIssue

/** Returns the issue to report. A union has a list of issues per option; the deepest one fits best. */
function deepestIssue(
  issues: readonly Issue[],
  parent: PropertyKey[] = [],
): { path: PropertyKey[]; message: string } {
  const found = issues.map(issue => {
    const path = [...parent, ...issue.path]
    if (issue.code === "unrecognized_keys") return { path: [...path, issue.keys[0]!], message: UNKNOWN }
    if (issue.code !== "invalid_union") return { path, message: issue.message }
    const inner = issue.errors.map(option => deepestIssue(option, path))
    const best = inner.reduce((a, b) => (b.path.length > a.path.length ? b : a), {
      path,
      message: issue.message,
    })
    return best.path.length > path.length ? best : { path, message: "has no valid form" }
  })
  const isUnknownField = (found: { message: string }) => found.message === UNKNOWN
  return found.reduce((a, b) =>
    b.path.length > a.path.length || (b.path.length === a.path.length && isUnknownField(b)) ? b : a,
  )
}

/** Formats a path as in JavaScript: `steps[1].expect.any[0]`. */
export const formatPath = (path: PropertyKey[]): string =>
  path
    .map(part => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .replace(/^\./, "") || "the script"
