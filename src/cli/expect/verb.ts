// `ptyline expect` as a command: its help, and how to start it.

import type { Verb } from "../lib/verb.ts"
import { EXPECT_FLAGS } from "./flags.ts"

export const EXPECT: Verb = {
  name: "expect",
  summary: "Run a scripted dialogue with a program: expected output, input, exit code",
  flags: EXPECT_FLAGS,
  environment: "PTYLINE_EXPECT_",
  words: ["script"],
  rest: "ARGV",
  about: [
    'A script is YAML, JSON or TypeScript: an object with steps. Each step has one of expect ("text", {regex}, {any: [...]}, {screen}), send, keys, paste, secret (the name of a variable), resize ({cols, rows}), sleep (ms) and assert_exit (a code, or {signal}). Every step can have timeout_ms and name. An expect can have do and otherwise, each a list of steps; each choice of any can have them too, or fail with a message. The program is ARGV, or the script\'s command.',
    "Each expect searches the output after the previous match and ignores escape sequences. A secret is read from the environment, typed with Enter, and masked in all output and recordings.",
    "When a step fails, the expected pattern and the program's last screen are printed, and an asciicast is written to the current directory. A TypeScript script exports, as default or as script, the object, or a function that takes the dialogue.",
  ],
  examples: [
    ["ptyline expect login.yaml -- ssh -tt host", "answers a password prompt and checks what follows"],
    ["ptyline expect init.json --junit report.xml -- npm init", "writes a report for CI"],
  ],
  codes: [
    ["1", "a step failed"],
    ["2", "wrong usage, or an invalid script"],
    ["127", "the program was not found"],
  ],
  run: async args => (await import("./expect.ts")).expectScript(args, process.env),
}
