// Small commands for scripts: what each takes and how it is explained. What they do is loaded when they are used.

import { CLIENT_FLAGS } from "../connect/connection.ts"
import type { Flag } from "../lib/flags.ts"
import type { Verb } from "../lib/verb.ts"

const JSON_FLAG: Flag = { type: "boolean", description: "print the answer as JSON" }

export const LOGS: Verb = {
  name: "logs",
  summary: "Print a session's output, and follow it",
  words: ["id"],
  flags: {
    follow: { type: "boolean", short: "f", description: "go on until the session ends" },
    since: {
      type: "string",
      description: "from this offset on, from so long ago (5m), or from this time (ISO 8601)",
      hint: "when",
    },
    tail: { type: "string", description: "only the last lines", hint: "lines" },
    ansi: {
      type: "string",
      description: "escape sequences: keep or strip (default: keep on a terminal, else strip)",
      hint: "how",
    },
    ...CLIENT_FLAGS,
  },
  about: [
    "A gap, where older output is no longer kept, is told on stderr. With -f a lost connection is tried again and goes on at its byte.",
  ],
  examples: [
    ["ptyline logs -f web", "what it prints, as it prints it"],
    ["ptyline logs web --since 5m --ansi strip | grep -i error", "what it said lately, as text"],
  ],
  run: async args => (await import("./logs.ts")).logs(args, process.env),
}

const typing = (
  name: string,
  word: string,
  summary: string,
  examples: Verb["examples"],
  about?: string[],
): Verb => ({
  name,
  summary,
  words: ["id", word],
  flags: {
    ...(name === "send" && {
      enter: { type: "boolean", description: "press Enter behind it" },
      stdin: { type: "boolean", description: "type what comes on stdin" },
    }),
    ...(name === "paste" && { stdin: { type: "boolean", description: "paste what comes on stdin" } }),
    client: {
      type: "string",
      description: "what the caller calls itself; needed while it holds the lease",
      hint: "name",
    },
    ...CLIENT_FLAGS,
  } as Verb["flags"],
  examples,
  about,
  run: async args =>
    (await import("./typing.ts")).typeInto(name as "send" | "keys" | "paste", args, process.env),
})

export const SEND = typing("send", "text...", "Type text into a session, as it is", [
  ["ptyline send build --enter 'make test'", "a line for its shell"],
  ["ptyline send build --stdin < answers.txt", "what a file says; a secret stays out of ps that way"],
])
export const KEYS = typing("keys", "key...", "Press keys by name: ctrl-c, up, enter, f5, alt-x", [
  ["ptyline keys edit escape : q ! enter", "leave vi"],
])
export const PASTE = typing(
  "paste",
  "text...",
  "Paste text as a terminal does, framed where the program asked for that",
  [["ptyline paste edit --stdin < patch.txt", "many lines at once, none of them keys"]],
)

export const WAIT: Verb = {
  name: "wait",
  summary: "Wait for text, for the exit, for silence or for a prompt; consumes nothing",
  words: ["id"],
  flags: {
    match: { type: "string", multiple: true, description: "this text was printed", hint: "text" },
    regex: { type: "string", multiple: true, description: "this RE2 expression matches", hint: "regex" },
    exit: { type: "boolean", description: "the program ended" },
    idle: { type: "string", description: "nothing was printed for this long", hint: "time" },
    input: { type: "boolean", description: "the program waits for somebody to type" },
    from: {
      type: "string",
      description: "look from this offset on; -1 is the end (default: the oldest kept)",
      hint: "offset",
    },
    timeout: { type: "string", description: "give up after this long (default: never)", hint: "time" },
    json: JSON_FLAG,
    ...CLIENT_FLAGS,
  },
  about: ["Prints the output up to what was waited for, without escape sequences, its last 64 KiB."],
  examples: [
    ["ptyline wait web --match 'listening on' --timeout 30s", "the server is up"],
    ["ptyline wait build --exit", "it is done"],
  ],
  codes: [
    ["1", "the session ended before what was waited for"],
    ["124", "the time was over"],
  ],
  run: async args => (await import("./wait.ts")).wait(args, process.env),
}

export const RENAME: Verb = {
  name: "rename",
  summary: "Give a session another name",
  words: ["id", "name"],
  flags: { json: JSON_FLAG, ...CLIENT_FLAGS },
  examples: [["ptyline rename s_I3TQTSY34pCbl7sa4VqV3eUA build", "a name can stand wherever the id can"]],
  run: async args => (await import("./rename.ts")).rename(args, process.env),
}

export const TOP: Verb = {
  name: "top",
  summary: "A live table of sessions: processor, memory, output, viewers",
  flags: {
    interval: { type: "string", description: "time between two pictures", hint: "time", default: "2s" },
    once: { type: "boolean", description: "print one picture and end; so it is without a terminal" },
    json: JSON_FLAG,
    ...CLIENT_FLAGS,
  },
  about: [
    "Processor and memory are those of all processes of a session, and known on the server's own machine only. A key q or Ctrl-C ends it.",
  ],
  examples: [["ptyline top --once --json", "figures for a script"]],
  run: async args => (await import("./top.ts")).top(args, process.env),
}

export const OPEN: Verb = {
  name: "open",
  summary: "Open the page in a browser",
  words: ["id"],
  flags: {
    print: { type: "boolean", description: "print the address, with the token in it, and open nothing" },
  },
  about: [
    "The address of this machine's own server, with its token in the part that browsers do not send. $BROWSER opens it, else xdg-open or open.",
  ],
  examples: [["ptyline open build", "the page, on that session"]],
  run: async args => (await import("./open.ts")).open(args, process.env),
}

export const DOCTOR: Verb = {
  name: "doctor",
  summary: "Check what ptyline needs here, and say what to do about what is missing",
  flags: { json: JSON_FLAG },
  about: ["Exits with 1 when something does not work."],
  examples: [["ptyline doctor", "one line per thing that was looked at"]],
  run: async args => (await import("./doctor.ts")).doctor(args, process.env),
}

export const COMPLETION: Verb = {
  name: "completion",
  summary: "Print completions for bash, zsh or fish",
  words: ["shell"],
  flags: {},
  examples: [
    ['eval "$(ptyline completion bash)"', "in ~/.bashrc"],
    ["ptyline completion fish > ~/.config/fish/completions/ptyline.fish", "for fish"],
  ],
  run: async args => (await import("./completion.ts")).completion(args),
}

export const CONFIG: Verb = {
  name: "config",
  summary: "Print the settings in force and where each comes from",
  flags: { json: JSON_FLAG },
  about: [
    "Flags win over the environment, that over the config file, that over the defaults. The file is PTYLINE_CONFIG, else config.toml or config.json in $XDG_CONFIG_HOME/ptyline or ~/.config/ptyline. It has a section for each command that has settings (serve, run, attach, expect), with the names of its flags, and url and profile.",
  ],
  examples: [["ptyline config | grep -v default", "what somebody has set"]],
  run: async args => (await import("./config.ts")).config(args, process.env),
}

export const LOGIN: Verb = {
  name: "login",
  summary: "Keep a server's address and token under a name",
  words: ["url"],
  flags: {
    name: { type: "string", description: "what it is called (default: the host)", hint: "name" },
    forget: { type: "boolean", description: "forget it instead; URL is its name then" },
  },
  about: [
    "The token is asked for, or comes on stdin: a command line can be read by everybody on the machine. It is kept in profiles.json beside the config file, for its owner alone.",
  ],
  examples: [
    ["ptyline login https://ci.example.org:8000 --name ci", "then: ptyline ls --profile ci"],
    ["ptyline login http://127.0.0.1:8000 < token", "without being asked"],
  ],
  run: async args => (await import("./login.ts")).login(args, process.env),
}

export const PIPELINE: Verb[] = [
  LOGS,
  SEND,
  KEYS,
  PASTE,
  WAIT,
  RENAME,
  TOP,
  OPEN,
  DOCTOR,
  COMPLETION,
  CONFIG,
  LOGIN,
]
