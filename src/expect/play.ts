// Plays a script: one step after the other, branches where they are, and what each step came to.

import { type Dialogue, ExpectError } from "./dialogue.ts"
import { ACTIONS, type Action, placeOf, type Script, type Step } from "./script.ts"

/** `place`: where in the script; `skipped` steps stand behind one that failed. */
export type Played = {
  place: string
  name: string
  action: Action
  outcome: "passed" | "failed"
  ms: number
  error: string | null
  awaited: string | null
  screen: string | null
}

/** Resolves with every step that was played; the last one is the one that failed, if one did. */
export async function play(
  dialogue: Dialogue,
  script: Script,
  onStep: (step: Played) => void,
): Promise<Played[]> {
  const played: Played[] = []
  await playSteps(dialogue, script.steps, ["steps"], step => {
    played.push(step)
    onStep(step)
  })
  return played
}

/** False once a step has failed. */
async function playSteps(
  dialogue: Dialogue,
  steps: Step[],
  path: PropertyKey[],
  note: (step: Played) => void,
): Promise<boolean> {
  for (const [i, step] of steps.entries())
    if (!(await playStep(dialogue, step, [...path, i], note))) return false
  return true
}

async function playStep(
  dialogue: Dialogue,
  step: Step,
  path: PropertyKey[],
  note: (step: Played) => void,
): Promise<boolean> {
  const action = ACTIONS.find(name => step[name] !== undefined)!
  const begun = performance.now()
  const result = (outcome: Played["outcome"], error: unknown = null): Played => ({
    place: placeOf(path),
    name: step.name ?? nameOf(step, action),
    action,
    outcome,
    ms: Math.round(performance.now() - begun),
    error: error === null ? null : error instanceof Error ? error.message : String(error),
    awaited: error instanceof ExpectError ? error.awaited : null,
    screen: error instanceof ExpectError ? error.screen : null,
  })
  try {
    const branch = await perform(dialogue, step)
    note(result("passed"))
    return branch ? playSteps(dialogue, branch.steps, [...path, ...branch.path], note) : true
  } catch (error) {
    if (step.otherwise && error instanceof ExpectError) {
      note(result("passed"))
      return playSteps(dialogue, step.otherwise, [...path, "otherwise"], note)
    }
    note(result("failed", error))
    return false
  }
}

type Branch = { steps: Step[]; path: PropertyKey[] } | null

async function perform(dialogue: Dialogue, step: Step): Promise<Branch> {
  const { timeout_ms } = step
  if (step.expect !== undefined)
    return branchOf(step, await dialogue.expect(step.expect, { timeout_ms }), dialogue)
  if (step.send !== undefined) await dialogue.send(step.send)
  if (step.keys !== undefined) await dialogue.keys(...[step.keys].flat())
  if (step.paste !== undefined) await dialogue.paste(step.paste)
  if (step.secret !== undefined) await dialogue.secret(step.secret)
  if (step.resize !== undefined) await dialogue.resize(step.resize.cols, step.resize.rows)
  if (step.sleep !== undefined) await new Promise(resolve => setTimeout(resolve, step.sleep))
  if (step.assert_exit !== undefined) await dialogue.assertExit(step.assert_exit, { timeout_ms })
  return null
}

/** A choice may say what follows it, or that it is wrong. */
async function branchOf(
  step: Step,
  { index, text }: { index: number; text: string },
  dialogue: Dialogue,
): Promise<Branch> {
  const own: Branch = step.do ? { steps: step.do, path: ["do"] } : null
  const choice = typeof step.expect === "object" && "any" in step.expect ? step.expect.any[index] : undefined
  if (typeof choice !== "object") return own
  const { fail, do: branch } = choice as { fail?: string; do?: Step[] }
  if (fail !== undefined)
    throw new ExpectError(`${fail} (${JSON.stringify(text)} came)`, fail, await dialogue.screen())
  return branch ? { steps: branch, path: ["expect", "any", index, "do"] } : own
}

/** A line for people; a secret is its variable's name. */
function nameOf(step: Step, action: Action): string {
  const value = JSON.stringify(step[action])
  return `${action} ${value.length > 70 ? `${value.slice(0, 69)}…` : value}`
}
