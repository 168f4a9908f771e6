// `ptyline expect`: what it takes and how it is explained.

import { CLIENT_FLAGS } from "../connect/connection.ts"
import type { Flags } from "../lib/flags.ts"
import type { Verb } from "../lib/verb.ts"

export const EXPECT_FLAGS: Flags = {
  timeout: {
    type: "string",
    description: "how long a step waits that does not say",
    hint: "time",
    default: "30s",
    setting: true,
  },
  cols: { type: "string", description: "columns (default 120)", hint: "n", setting: true },
  rows: { type: "string", description: "rows (default 30)", hint: "n", setting: true },
  cwd: { type: "string", description: "working directory", hint: "dir" },
  env: { type: "string", multiple: true, description: "a variable on top of one's own", hint: "name=value" },
  record: {
    type: "string",
    description: "write an asciicast in every case (default: SCRIPT.cast when a step fails)",
    hint: "file.cast",
  },
  quiet: { type: "boolean", description: "do not show the program's output" },
  json: { type: "boolean", description: "print a report as JSON in place of the output" },
  junit: { type: "string", description: "write a report as JUnit XML", hint: "file.xml" },
  ...CLIENT_FLAGS,
}

export const EXPECT: Verb = {
  name: "expect",
  summary: "Play a script against a program: what it must say, what it is told, how it must end",
  flags: EXPECT_FLAGS,
  environment: "PTYLINE_EXPECT_",
  words: ["script"],
  rest: "ARGV",
  about: [
    "A script is YAML, JSON or TypeScript: an object with steps, each with one of expect (\"text\", {regex}, {any: [...]}, {screen}), send, keys, paste, secret (a variable's name), resize ({cols, rows}), sleep (ms) and assert_exit (a code, {signal}). timeout_ms and name go with any step; an expect may have do and otherwise with steps of their own, and so may each choice of any, or fail with a message. The program is what stands behind --, else the script's command.",
    "Every expect looks behind the last one's match; escape sequences are not in its way. A secret comes from the environment, is typed with Enter, and is starred out in all that is shown and kept.",
    "When a step fails, what was awaited and the program's last screen are printed, and an asciicast is left beside the script. A TypeScript script exports, as its default or as script, the object, or a function that is given the dialogue.",
  ],
  examples: [
    ["ptyline expect login.yaml -- ssh -tt host", "a password prompt and what comes behind it"],
    ["ptyline expect init.json --junit report.xml -- npm init", "a report for CI"],
  ],
  codes: [
    ["1", "a step failed"],
    ["2", "wrong usage, or a script that is not right"],
    ["127", "there is no such program"],
  ],
  run: async args => (await import("./expect.ts")).expectScript(args, process.env),
}
