// `ptyline run` as a command: its help, and how to start it.

import type { Verb } from "../lib/verb.ts"
import { RUN_FLAGS } from "./flags.ts"

export const RUN: Verb = {
  name: "run",
  summary: "Run a command to its end: its output, its exit code, a time limit, and no leftover processes",
  flags: RUN_FLAGS,
  environment: "PTYLINE_RUN_",
  rest: "ARGV",
  about: [
    "Without a server: the program reads your stdin, and its stdout and stderr stay separate. The signals INT, TERM, HUP, QUIT, USR1 and USR2 are passed on to it. When it exits, every process it started is ended.",
    "With --pty the program has a terminal and gets your keys unprocessed. The terminal has the size of yours, or --cols by --rows.",
    "With --name or --until the program runs as a session of the server. A server is started if none runs; it stops when it has had no session for a minute. --name returns when the program exits; others can watch meanwhile. --until prints the output up to the match and returns; the session stays for ptyline wait, send, logs, attach and end.",
    "As a session (--name, --until, --url), stdout and stderr are merged on stdout. With --until the program does not read your stdin; type to it with ptyline send or attach.",
  ],
  examples: [
    ["ptyline run --timeout 5m -- npm test", "exits with npm's code, or with 124 after five minutes"],
    ["ptyline run --quiet --record build.cast -- make", "prints only failures; the recording has everything"],
    ["ptyline run --pty -- npm init", "a program that asks questions in your terminal"],
    [
      "ptyline run --name web --until 'listening on' -- node server.js",
      "returns when the server is ready; ptyline end web stops it",
    ],
  ],
  codes: [
    ["N", "the program's exit code"],
    ["128+N", "the program was ended by signal N"],
    ["124", "the time limit was reached"],
    ["126", "the program cannot be run"],
    ["127", "the program was not found"],
  ],
  run: async args => (await import("./run.ts")).run(args, process.env),
}
