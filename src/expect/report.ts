// Reports about a script's run: JSON, and JUnit XML for CI systems.

import type { StepResult } from "./run.ts"

export type ScriptReport = {
  script: string
  command: string[]
  passed: boolean
  ms: number
  /** Path of the recording (asciicast); null if there is none. */
  recording: string | null
  steps: StepResult[]
}

export const jsonReport = (report: ScriptReport): string => `${JSON.stringify(report, null, 2)}\n`

/** Returns one suite per script with one case per step. */
export function junitReport({ script, steps, ms }: ScriptReport): string {
  const failures = steps.filter(step => step.outcome === "failed").length
  const counts = `tests="${steps.length}" failures="${failures}" errors="0" skipped="0" time="${seconds(ms)}"`
  const cases = steps.map(step => caseOf(script, step)).join("")
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites ${counts}>
<testsuite name=${attribute(script)} ${counts}>
${cases}</testsuite>
</testsuites>
`
}

function caseOf(script: string, { place, name, ms, error, screen }: StepResult): string {
  const head = `<testcase classname=${attribute(script)} name=${attribute(`${place}: ${name}`)} time="${seconds(ms)}"`
  if (error === null) return `${head}/>\n`
  return `${head}><failure message=${attribute(error)}>${text(screen ?? "")}</failure></testcase>\n`
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3)

/** Escapes XML. Replaces control characters that XML 1.0 does not permit even as entities. */
const text = (plain: string): string =>
  plain
    .replace(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "\uFFFD")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")

const attribute = (plain: string): string =>
  `"${text(plain).replaceAll('"', "&quot;").replaceAll("\n", "&#10;").replaceAll("\r", "&#13;").replaceAll("\t", "&#9;")}"`
