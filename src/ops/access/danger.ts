// Rules for dangerous commands from RE2 expressions: linear time, whatever a command says.

import type { DangerRule } from "../../core/access/danger.ts"
import { regex } from "../output/match.ts"

/** Throws `invalid_input` naming the expression that is none. */
export const dangerRules = (expressions: string[]): DangerRule[] =>
  expressions.map(expression => {
    const { find } = regex(expression)
    return { pattern: expression, matches: command => find(command) !== null }
  })
