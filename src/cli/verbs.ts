// The commands that are more than one operation: what each takes, and where it is done. Nothing heavy is loaded for knowing that.

import { VERSION } from "../version.ts"
import { ATTACH } from "./attach/verb.ts"
import { CERT_FLAGS, CERT_SUMMARY } from "./commands/cert.ts"
import { PIPELINE } from "./commands/verbs.ts"
import { EXPECT } from "./expect/verb.ts"
import { put } from "./lib/print.ts"
import type { Verb } from "./lib/verb.ts"
import { MCP_FLAGS, MCP_SUMMARY } from "./mcp/flags.ts"
import { RUN } from "./run/verb.ts"
import { PRESET_FLAGS, SERVE_FLAGS } from "./serve/flags.ts"

const SERVE: Verb = {
  name: "serve",
  summary: "Serve sessions over HTTP, WebSocket and the page",
  flags: SERVE_FLAGS,
  environment: "PTYLINE_",
  run: async args => (await import("./serve/serve.ts")).serve(args, process.env),
}

const MOP: Verb = {
  name: "mop",
  summary: "Serve one command as MOP did: serve with its defaults",
  flags: PRESET_FLAGS.mop,
  environment: "PTYLINE_",
  run: async args => (await import("./serve/serve.ts")).serve(args, process.env, "mop"),
}

const MRMD: Verb = {
  name: "mrmd",
  summary: "Serve as mrmd-pty does: its paths, its port, open to this machine",
  flags: PRESET_FLAGS.mrmd,
  environment: "PTYLINE_",
  run: async args =>
    args.includes("--version")
      ? VERSION_VERB.run([])
      : (await import("./serve/serve.ts")).serve(args, process.env, "mrmd"),
}

const CERT: Verb = {
  name: "cert",
  summary: CERT_SUMMARY,
  flags: CERT_FLAGS,
  words: ["action"],
  environment: "PTYLINE_",
  run: async args => {
    const { certificate } = await import("./commands/cert.ts")
    await put(1, await certificate(args, process.env))
    return 0
  },
}

const MCP: Verb = {
  name: "mcp",
  summary: MCP_SUMMARY,
  flags: MCP_FLAGS,
  environment: "PTYLINE_",
  run: async args => (await import("./mcp/mcp.ts")).mcp(args, process.env),
}

const VERSION_VERB: Verb = {
  name: "version",
  summary: "Print the version",
  flags: {},
  run: async () => {
    await put(1, `${VERSION}\n`)
    return 0
  },
}

/** In the order of help. */
export const VERBS: Verb[] = [SERVE, MOP, MRMD, CERT, MCP, RUN, ATTACH, EXPECT, ...PIPELINE, VERSION_VERB]
