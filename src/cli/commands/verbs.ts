// Commands for scripts: flags and help of each. Their code is loaded when they run.

import { VERSION } from "../../version.ts"
import { CLIENT_FLAGS } from "../connect/flags.ts"
import { type Flag, option, type Parsed, parseFlags, toggle, withEnvironment } from "../lib/flags.ts"
import { put } from "../lib/print.ts"
import type { Verb } from "../lib/verb.ts"

const JSON_FLAG: Flag = toggle("print the result as JSON")

export const CERT: Verb = {
  name: "cert",
  summary: "Make, show or renew the certificate of serve --ssl",
  words: ["action"],
  flags: {
    moppy: option("data directory that contains certs/ (default: the state directory)", { hint: "dir" }),
    host: option("additional name or address in the certificate, besides localhost", {
      multiple: true,
      hint: "name",
    }),
  },
  environment: "PTYLINE_",
  about: ["ACTION is make, show (the default) or renew."],
  run: async args => {
    const parsed = withEnvironment(parseFlags(args, CERT.flags), CERT.flags, process.env)
    await put(1, await (await import("./cert.ts")).certificate(parsed, process.env))
    return 0
  },
}

const LOGS: Verb = {
  name: "logs",
  summary: "Print a session's output, and follow it",
  words: ["id"],
  flags: {
    follow: toggle("continue until the session ends", { short: "f" }),
    since: option("start at this offset, this long ago (5m), or at this time (ISO 8601)", { hint: "when" }),
    tail: option("only the last lines", { hint: "lines" }),
    ansi: option("escape sequences: keep or strip (default: keep on a terminal, else strip)", {
      hint: "how",
    }),
    ...CLIENT_FLAGS,
  },
  about: [
    "If older output is no longer available, the gap is reported on stderr. With -f, a lost connection is retried and continues at the same byte.",
  ],
  examples: [
    ["ptyline logs -f web", "prints output as it is written"],
    ["ptyline logs web --since 5m --ansi strip | grep -i error", "searches the last five minutes, as text"],
  ],
  run: async args => (await import("./logs.ts")).logs(parseFlags(args, LOGS.flags), process.env),
}

const CLIENT_NAME: Flag = option("the caller's client name; needed while that client owns the lease", {
  hint: "name",
})

const SEND: Verb = {
  name: "send",
  summary: "Type text into a session, unchanged",
  words: ["id", "text..."],
  flags: {
    enter: toggle("press Enter after the text"),
    stdin: toggle("type the text from stdin"),
    client: CLIENT_NAME,
    ...CLIENT_FLAGS,
  },
  examples: [
    ["ptyline send build --enter 'make test'", "types a command line for the session's shell"],
    ["ptyline send build --stdin < answers.txt", "types a file; keeps a secret out of the process list"],
  ],
  run: async args => typeInto("send", parseFlags(args, SEND.flags)),
}

const KEYS: Verb = {
  name: "keys",
  summary: "Press keys by name: ctrl-c, up, enter, f5, alt-x",
  words: ["id", "key..."],
  flags: { client: CLIENT_NAME, ...CLIENT_FLAGS },
  examples: [["ptyline keys edit escape : q ! enter", "leaves vi"]],
  run: async args => typeInto("keys", parseFlags(args, KEYS.flags)),
}

const PASTE: Verb = {
  name: "paste",
  summary: "Paste text, with bracketed paste if the program has enabled it",
  words: ["id", "text..."],
  flags: {
    stdin: toggle("paste the text from stdin"),
    client: CLIENT_NAME,
    ...CLIENT_FLAGS,
  },
  examples: [
    ["ptyline paste edit --stdin < patch.txt", "inserts many lines at once, as text and not as keys"],
  ],
  run: async args => typeInto("paste", parseFlags(args, PASTE.flags)),
}

async function typeInto(command: "send" | "keys" | "paste", parsed: Parsed): Promise<number> {
  return (await import("./typing.ts")).typeInto(command, parsed, process.env)
}

const WAIT: Verb = {
  name: "wait",
  summary: "Wait for text, exit, silence or a prompt; consumes no output",
  words: ["id"],
  flags: {
    match: option("until this text is printed", { multiple: true, hint: "text" }),
    regex: option("until this RE2 expression matches", { multiple: true, hint: "regex" }),
    exit: toggle("until the program exits"),
    idle: option("until nothing was printed for this long", { hint: "time" }),
    input: toggle("until the program waits for input"),
    from: option("search from this offset; -1 is the end (default: the oldest available byte)", {
      hint: "offset",
    }),
    timeout: option("time limit (default: none)", { hint: "time" }),
    json: JSON_FLAG,
    ...CLIENT_FLAGS,
  },
  about: [
    "Prints the last 64 KiB of the output up to the condition, without escape sequences. Several conditions: the first one met counts.",
  ],
  examples: [
    ["ptyline wait web --match 'listening on' --timeout 30s", "returns when the server is ready"],
    ["ptyline wait build --exit", "returns when the build has ended"],
  ],
  codes: [
    ["1", "the session ended before the condition was met"],
    ["124", "the time limit was reached"],
  ],
  run: async args => (await import("./wait.ts")).wait(parseFlags(args, WAIT.flags), process.env),
}

const RENAME: Verb = {
  name: "rename",
  summary: "Rename a session",
  words: ["id", "name"],
  flags: { json: JSON_FLAG, ...CLIENT_FLAGS },
  examples: [
    ["ptyline rename s_I3TQTSY34pCbl7sa4VqV3eUA build", "the name works in place of the id from then on"],
  ],
  run: async args => (await import("./rename.ts")).rename(parseFlags(args, RENAME.flags), process.env),
}

const TOP: Verb = {
  name: "top",
  summary: "Show a live table of sessions: processor, memory, output, viewers",
  flags: {
    interval: option("time between two updates", { hint: "time", default: "2s" }),
    once: toggle("print the table once; implied without a terminal"),
    json: JSON_FLAG,
    ...CLIENT_FLAGS,
  },
  about: [
    "Processor and memory are totals over all processes of a session. They are available on the server's machine only. Press q or Ctrl-C to quit.",
  ],
  examples: [["ptyline top --once --json", "prints the figures for a script"]],
  run: async args => (await import("./top.ts")).top(parseFlags(args, TOP.flags), process.env),
}

const OPEN: Verb = {
  name: "open",
  summary: "Open the page in a browser",
  words: ["id"],
  flags: {
    print: toggle("print the address, which contains the token, and open nothing"),
  },
  about: [
    "Opens the page of this machine's server. The token is in the fragment of the address, which browsers do not send. The browser is $BROWSER, else xdg-open or open.",
  ],
  examples: [["ptyline open build", "opens the page at the session build"]],
  run: async args => (await import("./open.ts")).open(parseFlags(args, OPEN.flags), process.env),
}

const DOCTOR: Verb = {
  name: "doctor",
  summary: "Check what ptyline needs on this machine, and print advice",
  flags: { json: JSON_FLAG },
  about: ["Exits with 1 if a check fails."],
  examples: [["ptyline doctor", "prints one line per check"]],
  run: async args => (await import("./doctor.ts")).doctor(parseFlags(args, DOCTOR.flags), process.env),
}

const COMPLETION: Verb = {
  name: "completion",
  summary: "Print a completion script for bash, zsh or fish",
  words: ["shell"],
  flags: {},
  examples: [
    ['eval "$(ptyline completion bash)"', "in ~/.bashrc"],
    ["ptyline completion fish > ~/.config/fish/completions/ptyline.fish", "for fish"],
  ],
  run: async (args, verbs) => (await import("./completion.ts")).completion(parseFlags(args, {}), verbs),
}

const CONFIG: Verb = {
  name: "config",
  summary: "Print all settings and where each value comes from",
  flags: { json: JSON_FLAG },
  about: [
    "Flags take precedence over the environment, then come the config file and the defaults. The file is PTYLINE_CONFIG, else config.toml or config.json in $XDG_CONFIG_HOME/ptyline or ~/.config/ptyline. It has url, profile, and a section for each of serve, run, attach and expect, with the names of their flags.",
  ],
  examples: [["ptyline config | grep -v default", "prints only what differs from the defaults"]],
  run: async args => (await import("./config.ts")).config(parseFlags(args, CONFIG.flags), process.env),
}

const LOGIN: Verb = {
  name: "login",
  summary: "Save a server's address and token under a name",
  words: ["url"],
  flags: {
    name: option("name of the profile (default: the host)", { hint: "name" }),
    forget: toggle("remove the profile; URL is its name"),
  },
  about: [
    "Asks for the token, or reads it from stdin: other users of the machine can read command lines. Saves it in profiles.json next to the config file, readable by you only.",
  ],
  examples: [
    ["ptyline login https://ci.example.org:8000 --name ci", "then: ptyline ls --profile ci"],
    ["ptyline login http://127.0.0.1:8000 < token", "reads the token from a file"],
  ],
  run: async args => (await import("./login.ts")).login(parseFlags(args, LOGIN.flags), process.env),
}

export const VERSION_VERB: Verb = {
  name: "version",
  summary: "Print the version",
  flags: {},
  run: async () => {
    await put(1, `${VERSION}\n`)
    return 0
  },
}

/** In the order of help. */
export const SCRIPT_VERBS: Verb[] = [
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
