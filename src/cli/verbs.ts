// The table of commands, in the order of help. Loads no code that a command needs only when it runs.

import { ATTACH } from "./attach/verb.ts"
import { CERT, SCRIPT_VERBS, VERSION_VERB } from "./commands/verbs.ts"
import { EXPECT } from "./expect/verb.ts"
import type { Verb } from "./lib/verb.ts"
import { MCP_FLAGS, MCP_SUMMARY } from "./mcp/flags.ts"
import { RUN } from "./run/verb.ts"
import { PRESET_FLAGS, SERVE_FLAGS } from "./serve/flags.ts"

const SERVE: Verb = {
  name: "serve",
  summary: "Serve sessions over HTTP, WebSocket and a web page",
  flags: SERVE_FLAGS,
  environment: "PTYLINE_",
  run: async args => (await import("./serve/serve.ts")).serve(args, process.env),
}

const MOP: Verb = {
  name: "mop",
  summary: "Serve one command with MOP's defaults",
  flags: PRESET_FLAGS.mop,
  environment: "PTYLINE_",
  run: async args => (await import("./serve/serve.ts")).serve(args, process.env, "mop"),
}

const MRMD: Verb = {
  name: "mrmd",
  summary: "Serve with mrmd-pty's API, port and defaults: no token on this machine",
  flags: PRESET_FLAGS.mrmd,
  environment: "PTYLINE_",
  run: async (args, verbs) =>
    args.includes("--version")
      ? VERSION_VERB.run([], verbs)
      : (await import("./serve/serve.ts")).serve(args, process.env, "mrmd"),
}

const MCP: Verb = {
  name: "mcp",
  summary: MCP_SUMMARY,
  flags: MCP_FLAGS,
  environment: "PTYLINE_",
  run: async args => (await import("./mcp/mcp.ts")).mcp(args, process.env),
}

export const VERBS: Verb[] = [SERVE, MOP, MRMD, CERT, MCP, RUN, ATTACH, EXPECT, ...SCRIPT_VERBS, VERSION_VERB]
