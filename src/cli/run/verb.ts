// `ptyline run`: what it takes and how it is explained.

import type { Flags } from "../lib/flags.ts"
import type { Verb } from "../lib/verb.ts"

export const RUN_FLAGS: Flags = {
  pty: { type: "boolean", description: "give the program a terminal" },
  pipe: { type: "boolean", description: "give it no terminal (default)" },
  timeout: {
    type: "string",
    description: "end it after this long: 90, 5m, 1h30m",
    hint: "time",
    setting: true,
  },
  grace: {
    type: "string",
    description: "time it has to obey TERM before KILL",
    hint: "time",
    default: "2s",
    setting: true,
  },
  command: {
    type: "string",
    description: "a command line for the user's shell, in place of words behind --",
    hint: "line",
  },
  cwd: { type: "string", description: "working directory", hint: "dir" },
  env: { type: "string", multiple: true, description: "a variable on top of one's own", hint: "name=value" },
  cols: {
    type: "string",
    description: "columns of its terminal (default: one's own, else 120)",
    hint: "n",
    setting: true,
  },
  rows: {
    type: "string",
    description: "rows of its terminal (default: one's own, else 30)",
    hint: "n",
    setting: true,
  },
  record: { type: "string", description: "write an asciicast of it", hint: "file.cast" },
  quiet: { type: "boolean", description: "show nothing, unless it fails: then its last lines" },
  tail: {
    type: "string",
    description: "show only its last lines, when it has ended (with --quiet: 50)",
    hint: "lines",
  },
  name: { type: "string", description: "run it as a session of the server, under this name" },
  until: {
    type: "string",
    description: "return when its output matches this RE2 expression; it goes on as a session",
    hint: "regex",
  },
  json: { type: "boolean", description: "print exit, output and time as JSON" },
  url: {
    type: "string",
    description: "run it as a session of another server: http://, https:// or ssh://host",
  },
  profile: { type: "string", description: "the same, a server kept by ptyline login", hint: "name" },
}

export const RUN: Verb = {
  name: "run",
  summary: "Run a command to its end, with its output, its exit code, a time limit and nothing left behind",
  flags: RUN_FLAGS,
  environment: "PTYLINE_RUN_",
  rest: "ARGV",
  about: [
    "The program's stdin is the caller's, its output comes as it is written, stdout and stderr apart. INT, TERM, HUP, QUIT, USR1 and USR2 are passed on. When the program has ended, so has all that it started. No server is needed.",
    "As a session (--name, --until, --url) its stdout and stderr come together, on stdout. With --until its stdin is open for whoever types to it later (send, attach).",
    "With --pty the program has a terminal: as large as the caller's, whose keys it gets raw; or --cols by --rows when the caller has none.",
    "With --until or --name the program runs as a session of the server, which is started if there is none and ends by itself when it has had no session for a while. --until shows the output up to the match and returns; the session stays, for ptyline wait, send, logs, attach and end. --name alone stays until the end, and others can watch.",
  ],
  examples: [
    ["ptyline run --timeout 5m -- npm test", "exits with npm's code, or with 124 after five minutes"],
    [
      "ptyline run --quiet --record build.cast -- make",
      "says nothing unless it fails; the recording tells all",
    ],
    ["ptyline run --pty -- npm init", "a program that asks questions, in your own terminal"],
    [
      "ptyline run --name web --until 'listening on' -- node server.js",
      "returns when the server is up; ptyline end web stops it",
    ],
  ],
  codes: [
    ["N", "the program's own"],
    ["128+N", "it was ended by signal N"],
    ["124", "the time limit was reached"],
    ["126", "the program is there and cannot be run"],
    ["127", "there is no such program"],
  ],
  run: async args => (await import("./run.ts")).run(args, process.env),
}
