// Runs a script step by step, follows its branches and records the result of each step.

import { type Dialogue, ExpectError } from "./dialogue.ts"
import { ACTIONS, type Action, formatPath, type Script, type Step } from "./script.ts"

/** `place`: the step's position in the script. */
export type StepResult = {
  place: string
  name: string
  action: Action
  outcome: "passed" | "failed"
  ms: number
  error: string | null
  awaited: string | null
  screen: string | null
}

/** Resolves with all steps that ran. If a step failed, it is the last one. */
export async function runScript(dialogue: Dialogue, script: Script): Promise<StepResult[]> {
  const results: StepResult[] = []
  await runSteps(dialogue, script.steps, ["steps"], results)
  return results
}

/** Resolves with false after a failed step. */
async function runSteps(
  dialogue: Dialogue,
  steps: Step[],
  path: PropertyKey[],
  results: StepResult[],
): Promise<boolean> {
  for (const [i, step] of steps.entries())
    if (!(await runStep(dialogue, step, [...path, i], results))) return false
  return true
}

async function runStep(
  dialogue: Dialogue,
  step: Step,
  path: PropertyKey[],
  results: StepResult[],
): Promise<boolean> {
  const action = ACTIONS.find(name => step[name] !== undefined)!
  const startedAt = performance.now()
  const result = (outcome: StepResult["outcome"], error: unknown = null): StepResult => ({
    place: formatPath(path),
    name: step.name ?? describeStep(step, action),
    action,
    outcome,
    ms: Math.round(performance.now() - startedAt),
    error: error === null ? null : error instanceof Error ? error.message : String(error),
    awaited: error instanceof ExpectError ? error.awaited : null,
    screen: error instanceof ExpectError ? error.screen : null,
  })
  try {
    const branch = await perform(dialogue, step)
    results.push(result("passed"))
    return branch ? runSteps(dialogue, branch.steps, [...path, ...branch.path], results) : true
  } catch (error) {
    if (step.otherwise && error instanceof ExpectError) {
      results.push(result("passed"))
      return runSteps(dialogue, step.otherwise, [...path, "otherwise"], results)
    }
    results.push(result("failed", error))
    return false
  }
}

type Branch = { steps: Step[]; path: PropertyKey[] } | null

async function perform(dialogue: Dialogue, step: Step): Promise<Branch> {
  const { timeout_ms } = step
  if (step.expect !== undefined)
    return chooseBranch(step, await dialogue.expect(step.expect, { timeout_ms }), dialogue)
  if (step.send !== undefined) await dialogue.send(step.send)
  if (step.keys !== undefined) await dialogue.keys(...[step.keys].flat())
  if (step.paste !== undefined) await dialogue.paste(step.paste)
  if (step.secret !== undefined) await dialogue.secret(step.secret)
  if (step.resize !== undefined) await dialogue.resize(step.resize.cols, step.resize.rows)
  if (step.sleep !== undefined) await new Promise(resolve => setTimeout(resolve, step.sleep))
  if (step.assert_exit !== undefined) await dialogue.assertExit(step.assert_exit, { timeout_ms })
  return null
}

/** Returns the steps that follow the matched choice. Throws if the choice is marked as a failure. */
async function chooseBranch(
  step: Step,
  { index, text }: { index: number; text: string },
  dialogue: Dialogue,
): Promise<Branch> {
  const next: Branch = step.do ? { steps: step.do, path: ["do"] } : null
  const choice = typeof step.expect === "object" && "any" in step.expect ? step.expect.any[index] : undefined
  if (typeof choice !== "object") return next
  const { fail, do: branch } = choice as { fail?: string; do?: Step[] }
  if (fail !== undefined)
    throw new ExpectError(`${fail} (matched ${JSON.stringify(text)})`, fail, await dialogue.screen())
  return branch ? { steps: branch, path: ["expect", "any", index, "do"] } : next
}

/** Describes a step for people. A secret shows only the name of its variable. */
function describeStep(step: Step, action: Action): string {
  const value = JSON.stringify(step[action])
  return `${action} ${value.length > 70 ? `${value.slice(0, 69)}…` : value}`
}
