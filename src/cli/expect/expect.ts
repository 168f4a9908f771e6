// `ptyline expect`: loads a script, runs it, and reports the result.

import { writeFileSync } from "node:fs"
import { basename, extname, resolve } from "node:path"
import { self } from "#runtime/self.ts"
import { childEnvironment } from "../../core/access/policy.ts"
import { hasCode, PtylineError } from "../../core/lib/errors.ts"
import { Dialogue, ExpectError, expect } from "../../expect/dialogue.ts"
import { type LoadedScript, loadScript } from "../../expect/load.ts"
import { jsonReport, junitReport, type ScriptReport } from "../../expect/report.ts"
import { runScript, type StepResult } from "../../expect/run.ts"
import { ScriptError } from "../../expect/script.ts"
import { connect } from "../connect/connect.ts"
import { targetOf } from "../connect/target.ts"
import { milliseconds } from "../lib/duration.ts"
import { type Parsed, pairsOf, UsageError, type Variables } from "../lib/flags.ts"
import { put, say } from "../lib/print.ts"
import { parseSettings } from "../lib/settings.ts"
import { sizeOf } from "../run/options.ts"
import { EXPECT_FLAGS } from "./flags.ts"
import { Mirror } from "./mirror.ts"

/** Resolves with 0 when every step passed, else 1. */
export async function expectScript(args: string[], env: Variables): Promise<number> {
  const parsed = await parseSettings("expect", args, EXPECT_FLAGS, env)
  const [path, ...words] = parsed.words
  if (path === undefined) throw new UsageError("missing SCRIPT")
  // the module that TypeScript scripts import
  self.provideModule("ptyline", { expect, Dialogue, ExpectError, PtylineError })
  const loaded = await loadScript(path).catch(error => {
    throw error instanceof ScriptError ? new UsageError(error.message) : error
  })
  const command = words.length > 0 ? words : "script" in loaded ? loaded.script.command : undefined
  if (!command) throw new UsageError("give the program after --, or as command in the script")
  try {
    return await runDialogue(path, command, loaded, parsed, env)
  } catch (error) {
    if (!hasCode(error, "spawn_failed")) throw error
    say(`ptyline expect: ${error.message}`)
    return error.details.errno === "ENOENT" ? 127 : 126
  }
}

async function runDialogue(
  path: string,
  command: string[],
  loaded: LoadedScript,
  parsed: Parsed,
  env: Variables,
): Promise<number> {
  const remote = await targetOf(parsed.values, env)
  await using connection = remote ? await connect(parsed, env) : null
  const started = performance.now()
  await using dialogue = await Dialogue.start(command, {
    ...optionsOf(loaded, parsed, connection ? null : env),
    call: connection?.call,
  })
  const { json, quiet, record } = parsed.values
  await using mirror = new Mirror(dialogue, !json && !quiet)
  const steps = await playLoaded(dialogue, loaded)
  await mirror.settle()
  const failed = steps.find(step => step.outcome === "failed")
  const recording = record ?? (failed ? `${basename(path, extname(path))}.cast` : null)
  if (recording) writeFileSync(recording as string, await dialogue.recording(), { mode: 0o600 })
  const report = {
    script: path,
    command,
    passed: !failed,
    ms: Math.round(performance.now() - started),
    recording,
    steps,
  } as ScriptReport
  await printReport(report, failed, parsed)
  return failed ? 1 : 0
}

/** Merges the options of the script and of the command line, which take precedence. */
function optionsOf(loaded: LoadedScript, parsed: Parsed, env: Variables | null) {
  const script = "script" in loaded ? loaded.script : null
  const { cwd, timeout, env: pairs } = parsed.values
  const { cols, rows } = sizeOf(parsed)
  const directory = (cwd as string | undefined) ?? script?.cwd
  return {
    cwd: env ? resolve(directory ?? ".") : directory,
    env: {
      ...(env && childEnvironment(env, true)),
      ...script?.env,
      ...pairsOf("env", (pairs as string[] | undefined) ?? []),
    },
    cols: cols ?? script?.cols,
    rows: rows ?? script?.rows,
    timeout_ms: script?.timeout_ms ?? milliseconds("timeout", timeout as string),
  }
}

async function playLoaded(dialogue: Dialogue, loaded: LoadedScript): Promise<StepResult[]> {
  if ("script" in loaded) return runScript(dialogue, loaded.script)
  const started = performance.now()
  const step = { place: "the script", name: "function", action: "expect" as const }
  const ms = () => Math.round(performance.now() - started)
  try {
    await loaded.run(dialogue)
    return [{ ...step, outcome: "passed", ms: ms(), error: null, awaited: null, screen: null }]
  } catch (error) {
    const { awaited = null, screen = null } = error instanceof ExpectError ? error : {}
    return [
      {
        ...step,
        outcome: "failed",
        ms: ms(),
        error: (error as Error).message,
        awaited,
        screen: screen ?? (await dialogue.screen()),
      },
    ]
  }
}

async function printReport(
  report: ScriptReport,
  failed: StepResult | undefined,
  { values }: Parsed,
): Promise<void> {
  if (values.junit) writeFileSync(values.junit as string, junitReport(report))
  if (values.json) await put(1, jsonReport(report))
  if (!failed) return
  say(`ptyline expect: ${report.script}: ${failed.place} (${failed.name}): ${failed.error}`)
  if (failed.screen) say(`--- the screen at that moment\n${failed.screen.trimEnd()}\n---`)
  if (report.recording) say(`ptyline expect: the recording is ${report.recording}`)
}
