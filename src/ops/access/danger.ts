// Rules for dangerous commands, from RE2 expressions, which match in linear time.

import type { DangerRule } from "../../core/access/danger.ts"
import { regex } from "../output/match.ts"

/** Throws `invalid_input`, which names the invalid expression. */
export const dangerRules = (expressions: string[]): DangerRule[] =>
  expressions.map(expression => {
    const { find } = regex(expression)
    return { pattern: expression, matches: command => find(command) !== null }
  })
